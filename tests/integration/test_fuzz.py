"""Seeded commands and damaged files: none ends in a traceback, hangs, or takes a GiB. fuzz/ runs thousands of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def fuzz(folder: Path, *words: str, program: str = "run") -> Any:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.integration.fuzz.{program}", "--folder", str(folder), *words],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("verb", ["validate"])
def test_no_command_ends_in_a_traceback_or_hangs(verb: str, tmp_path: Path) -> None:
    found = fuzz(tmp_path, "--verb", verb, "--cases", "120", "--seed", "7")
    assert found["bad"] == []
    assert found["ends"].keys() == {"0", "2"}
    assert found["peak_mib"] < 1024


def test_no_damaged_file_ends_in_a_traceback_or_hangs(tmp_path: Path) -> None:
    """A file of each reader, its kinds of damage drawn; what is taken for sound is computed with."""
    found = fuzz(tmp_path, "--cases", "28", "--seed", "7", program="damaged")
    assert found["bad"] == []
    assert found["ends"].keys() == {"0 of run", "2"}
    assert found["peak_mib"] < 1024


def test_commands_are_the_same_for_the_same_seed_and_others_for_another(tmp_path: Path) -> None:
    first, same, other = (fuzz(tmp_path, "--show", "--cases", "50", "--seed", seed) for seed in "334")
    assert first == same
    assert first != other
    kinds = {word.partition("=")[2].partition("(")[0] for words in first for word in words}
    assert {"range", "glob"} <= kinds
