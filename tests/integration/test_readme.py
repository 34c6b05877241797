"""Every snippet of README.md, run in order in one folder, as a reader would who copies them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
EXPORTS = re.findall(r"^export .*$", "".join(text for language, text in BLOCKS if language == "sh"), flags=re.MULTILINE)
NAMED = re.compile(r"(?:# @package \S+\n)?# file: (\S+)\n")  # Hydra reads the package in the first line alone
FIRST = "synthmix run model=gan mix.ratio=1 clusterer=kmeans"
SERVERS = ("synthmix ui",)  # run until they are stopped; tests/integration has a test of its own


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the snippets run, with the files that they name: each snippet can be run by itself."""
    place = tmp_path_factory.mktemp("readme")
    for _, text in BLOCKS:
        named = NAMED.match(text)
        if named:
            file = place / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return place


def shortened(line: str) -> str | None:
    """The line with the same meaning, a short training and no pictures; None where it is not for a test to run."""
    if line.startswith(SERVERS):
        return None
    if line.startswith("make "):
        return f"make --dry-run --directory {shlex.quote(str(ROOT))} {line.removeprefix('make ')}"
    if line.startswith("synthmix run") and "trainer.checkpoint" not in line and "trainer.resume" not in line:
        # Once with pictures, of which t-SNE alone takes three seconds.
        return f"{line} debug=fast" if line == FIRST else f"{line} debug=fast tracking.pictures=false"
    return line


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_snippet_runs(number: int, folder: Path, command: Callable[..., Any]) -> None:
    language, text = BLOCKS[number]
    named = NAMED.match(text)
    if language == "python" and not named:
        words = [sys.executable, "-c", text]
    elif language == "sh":
        shortened_lines = (shortened(line.partition("  #")[0].rstrip()) for line in text.splitlines())
        lines = [line for line in shortened_lines if line]
        admitted = any("export SYNTHMIX_ALLOW" in text for _, text in BLOCKS[:number])  # which this process is without
        in_a_shell = admitted or any(not line.startswith("synthmix ") for line in lines)
        if not in_a_shell:  # in this process, which has torch at hand
            for line in lines:
                answer = command(*shlex.split(line)[1:], folder=folder)
                assert answer.code == 0, answer.out + answer.err
            return
        words = ["bash", "-euo", "pipefail", "-c", "\n".join([*EXPORTS, *lines])]
    else:
        assert named, f"a {language} block must say which file it is"
        return
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_folder_named_in_the_readme_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []
