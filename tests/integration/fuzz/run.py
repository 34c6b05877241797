"""Commands by the thousand in one process: what ends in a traceback, hangs, or takes too much memory.

    python -m tests.integration.fuzz.run --cases 5000 --seed 1 > found.json

Each command has ten seconds of processor time. A command must end with 0, or with 2 and lines that a person can read.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from tests.integration.fuzz.commands import Commands

from synthmix.cli import main

PATIENCE = 10  # seconds of processor time for a command, which others may keep waiting for theirs
VERBS = {"validate": [], "run": ["tracking=none", "debug=fast", "trainer.limit_steps=2", "quality.n_samples=20"]}


class _TooLong(BaseException):
    pass


def _give_up(number: int, frame: FrameType | None) -> None:
    raise _TooLong


def answer_of(words: list[str]) -> tuple[str, str]:
    """How a command ends, `0`, `2`, `traceback` or `hang`, and what it says or where it broke down."""
    out, err = io.StringIO(), io.StringIO()
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _give_up)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    signal.alarm(20 * PATIENCE)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code: Any = main(words)
    except SystemExit as end:
        code = end.code
    except _TooLong:
        return "hang", traceback.format_exc()[-1500:]
    except Exception:  # noqa: BLE001  that is what is looked for
        return "traceback", traceback.format_exc()[-3000:]
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    told = err.getvalue()
    if "Traceback" in told:
        return "traceback", told[-3000:]
    if code == 2 and (not told.strip() or any(not line.strip() for line in told.strip().split("\n"))):
        return "no line", told
    return str(code), told


def peak_mib() -> int:
    """The most memory that this program has taken (getrusage counts that of the process it was started from, too)."""
    (found,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return round(int(found) / 1024)


def files() -> None:
    """Data files that commands name, in the working folder."""
    rows = "".join(f"{number},{number % 7}\n" for number in range(60))
    Path("rows.csv").write_text(f"a,b\n{rows}")
    Path("one.csv").write_text("a,b\n1,2\n")
    Path("words.csv").write_text("a,b\nx,y\nz,\n")
    np.save(Path("bad.npy"), np.arange(6.0))
    Path("bad.npy").rename("bad.npz")


def fuzz(cases: int, seed: int, verb: str) -> dict[str, Any]:
    """Counts how so many commands end, with the commands that end badly."""
    ends: Counter[str] = Counter()
    bad: list[dict[str, str]] = []
    slowest, commands = 0.0, iter(Commands(seed))
    for number in range(cases):
        words = next(commands)
        if verb == "run":  # cells alone: a study of many takes its time
            words = [word for word in words if word not in ("-m", "--multirun")]
        start = time.process_time()
        end, told = answer_of([verb, *words, *VERBS[verb]])
        slowest = max(slowest, time.process_time() - start)
        if end in ("130", "143"):  # somebody wants it to stop
            sys.exit(int(end))
        ends[end] += 1
        fails = verb == "run" and end == "1" and told.startswith("failed: ")  # in a line, as a gate that passes nothing
        if end not in ("0", "2") and not fails:
            bad.append({"command": " ".join(words)[:400], "words": json.dumps(words)[:6000], "end": end, "told": told})
            print(json.dumps(bad[-1]), file=sys.stderr, flush=True)  # at once, for who stops it
        if number % 100 == 99:
            print(number + 1, dict(ends), file=sys.stderr, flush=True)
    return {
        "verb": verb,
        "seed": seed,
        "cases": cases,
        "ends": dict(sorted(ends.items())),
        "slowest_s": round(slowest, 1),
        "peak_mib": peak_mib(),
        "bad": bad,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verb", choices=sorted(VERBS), default="validate")
    parser.add_argument("--folder", default=".", help="the working folder of the commands")
    parser.add_argument("--show", action="store_true", help="print the commands, and run none")
    given = parser.parse_args()
    if given.show:
        print(json.dumps(list(islice(Commands(given.seed), given.cases))))
        sys.exit()
    os.chdir(given.folder)
    files()
    found = fuzz(given.cases, given.seed, given.verb)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    sys.exit(1 if found["bad"] else 0)
