"""What this machine's processor is, what it computes fast, and with which instructions. Light."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
BF16_FLAGS = {"avx512_bf16", "amx_bf16"}
# The names under which oneDNN, which torch multiplies matrices with, is held to instructions without bf16.
ONEDNN_VARIABLES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
ONEDNN_WITHOUT_BF16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI"}
# By which a library is held to other instructions than those that it would choose.
HELD_BY = ("ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")


def bf16_is_slow() -> bool:
    """Whether matrices in bf16 take longer than in fp32: on x86, without instructions for them.

    False where that is not known: of another processor, and where the system does not name the flags.
    """
    flags = set(_cpuinfo("flags").split())
    held = next((os.environ[name].upper() for name in ONEDNN_VARIABLES if name in os.environ), None)
    return bool(flags) and (not flags & BF16_FLAGS or held in ONEDNN_WITHOUT_BF16)


@cache
def processor_tags() -> Mapping[str, str]:
    """Processor, instructions and kernels that this process computes with: with others, sums end in other last bits.

    Also the GPUs that torch has, where it has any; whether a cell computes on one is said by its config.

    torch chooses its instructions when it is loaded, and OpenBLAS its kernels, so that both are asked; torch is loaded
    for it.
    """
    import numpy as np  # noqa: F401  which loads OpenBLAS
    import torch
    from threadpoolctl import threadpool_info

    kernels = {str(pool["architecture"]) for pool in threadpool_info() if pool.get("architecture")}
    held = [f"{name}={os.environ[name]}" for name in (*HELD_BY, *ONEDNN_VARIABLES) if os.environ.get(name)]
    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    found = {"gpu": ", ".join(gpus)} if gpus else {}
    return found | {
        "processor": _cpuinfo("model name") or platform.processor() or platform.machine(),
        "processor.instructions": torch.backends.cpu.get_cpu_capability(),
        "processor.kernels": " ".join([*sorted(kernels), *held]),
    }


def _cpuinfo(wanted: str) -> str:
    """What Linux says of the first processor; nothing on another system, or where it does not say it."""
    if not CPUINFO.is_file():
        return ""
    for line in CPUINFO.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == wanted:
            return value.strip()
    return ""
