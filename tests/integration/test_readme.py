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
    if "trainer.checkpoint" in line or "trainer.resume" in line:  # steps that depend on each other: a tenth of each
        return re.sub(r"(steps|every)=(\d+)0\b", r"\1=\2", line)
    if line.startswith("synthmix run experiment="):  # workers have a snippet, and test_launchers.py
        line += " hydra.launcher.n_jobs=1"
    if line.startswith("synthmix run"):  # once with pictures, of which t-SNE alone takes three seconds
        return f"{line} debug=fast" if line == FIRST else f"{line} debug=fast tracking.pictures=false"
    return line


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_snippet_runs(number: int, folder: Path, command: Callable[..., Any], warm: Any) -> None:
    language, text = BLOCKS[number]
    named = NAMED.match(text)
    if language == "python" and not named:  # with nothing imported that it does not import itself
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
    places = (str(warm.folder), str(Path(sys.executable).parent), os.environ["PATH"])
    environment = os.environ | {"PATH": os.pathsep.join(places)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_folder_named_in_the_readme_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


WAITS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("waits", flush=True)
time.sleep(60)
"""


def test_a_warm_process_is_one_of_its_own(warm: Any, tmp_path: Path) -> None:
    """What shells are given for `python` above: words, folder, environment, exit codes and signals of its own."""
    code = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ['OWN'], sys.stdin.read()); sys.exit(5)"
    told = subprocess.run(
        warm.words("-c", code, "a b"), cwd=tmp_path, env=os.environ | {"OWN": "x"}, input="y", text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (5, f"['a b'] {tmp_path} x y\n")
    assert subprocess.run(warm.words("-c", "import os; os.kill(os.getpid(), 9)"), check=False).returncode == -9
    failed = subprocess.run(warm.words("-c", "1 / 0"), text=True, capture_output=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    with subprocess.Popen(warm.words("-c", WAITS), stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "waits\n"
        waiting.terminate()
    assert waiting.returncode == 7
