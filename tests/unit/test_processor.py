"""bf16 is called slow where its flags are missing or oneDNN is held back, and the run says so in a line of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from synthmix import processor
from synthmix.verbs.run import run

MULTIPLY = """
import sys, time, torch
torch.set_num_threads(1)
for kind in (torch.float32, torch.bfloat16):
    a = torch.randn(1024, 1024).to(kind)
    a @ a
    times = []
    for _ in range(5):
        start = time.process_time()
        a @ a
        times.append(time.process_time() - start)
    print(min(times))
"""
NAMES = {"slow": "fpu avx2 avx512f avx512bw", "avx512": "fpu avx512f avx512_bf16", "amx": "fpu amx_tile amx_bf16"}


@pytest.fixture
def cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the processor be one that Linux describes so, and oneDNN free."""

    def write(text: str) -> None:
        (tmp_path / "cpuinfo").write_text(text)

    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    for name in processor.ONEDNN_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return write


def described(flags: str) -> str:
    return f"processor\t: 0\nvmx flags\t: amx_bf16\nflags\t\t: {flags}\nbugs\t\t: none\n"


@pytest.mark.parametrize(
    ("text", "slow"),
    [
        (described(NAMES["slow"]), True),
        (described(NAMES["avx512"]), False),
        (described(NAMES["amx"]), False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", False),  # Arm: not known
    ],
)
def test_the_flags_of_the_processor_tell(text: str, slow: bool, cpuinfo: Callable[[str], None]) -> None:
    cpuinfo(text)
    assert processor.bf16_is_slow() == slow


def test_a_system_that_names_no_flags_is_not_called_slow(cpuinfo: Callable[[str], None]) -> None:
    assert not processor.bf16_is_slow()


@pytest.mark.parametrize("isa", [None, "AVX2", "AVX512_CORE"])
def test_what_is_called_slow_is_slow(isa: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor itself, and with oneDNN held to older instructions; what it is not sure of, it does not say."""
    if isa is not None:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", isa)
    if not processor.bf16_is_slow():
        pytest.skip("bf16 is fast here, or it is not known")
    done = subprocess.run([sys.executable, "-c", MULTIPLY], capture_output=True, text=True, check=True, env=os.environ)
    single, half = map(float, done.stdout.split())
    assert half > single


@pytest.mark.parametrize(
    ("words", "flags", "told"),
    [
        (["trainer=bf16"], "slow", True),
        (["trainer=bf16", "trainer.accelerator=auto"], "slow", not torch.cuda.is_available()),
        (["-m", "trainer=default,bf16", "seed=range(3)", "mix.ratio=1"], "slow", True),
        (["trainer=bf16"], "amx", False),
        ([], "slow", False),
    ],
)
def test_a_run_says_so_once_before_it_begins(
    words: list[str],
    flags: str,
    told: bool,
    cpuinfo: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpuinfo(described(NAMES[flags]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synthmix.verbs.run.THREAD_VARIABLES", ())
    with contextlib.redirect_stderr(io.StringIO()) as stderr, contextlib.redirect_stdout(io.StringIO()):
        assert run([*words, "--dry-run"]) == 0
    lines = [line for line in stderr.getvalue().splitlines() if line.startswith("trainer.precision=bf16-mixed: ")]
    assert len(lines) == told
    assert all(line.endswith("trainer.precision=32-true") for line in lines)
