"""What this machine's processor computes fast. Light."""

from __future__ import annotations

import os
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
BF16_FLAGS = {"avx512_bf16", "amx_bf16"}
# The names under which oneDNN, which torch multiplies matrices with, is held to instructions without bf16.
ONEDNN_VARIABLES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
ONEDNN_WITHOUT_BF16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI"}


def bf16_is_slow() -> bool:
    """Whether matrices in bf16 take longer than in fp32: on x86, without instructions for them.

    False where that is not known: of another processor, and where the system does not name the flags.
    """
    flags = x86_flags()
    held = next((os.environ[name].upper() for name in ONEDNN_VARIABLES if name in os.environ), None)
    return bool(flags) and (not flags & BF16_FLAGS or held in ONEDNN_WITHOUT_BF16)


def x86_flags() -> set[str]:
    """The features of the processor as Linux names them; none on another system or kind of processor."""
    if not CPUINFO.is_file():
        return set()
    for line in CPUINFO.read_text().splitlines():
        name, _, flags = line.partition(":")
        if name.strip() == "flags":
            return set(flags.split())
    return set()
