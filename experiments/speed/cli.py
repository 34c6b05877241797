"""CPU seconds of the light verbs, medians of 7 starts.

Run: python experiments/speed/cli.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys


def cpu(*arguments: str) -> float:
    """User and system time of one `synthmix` process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "synthmix", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    print("| command | CPU s | bound |\n|---|---:|---|")
    for arguments, bound in ((["--help"], "< 1.0"), (["validate"], "< 1.5"), (["validate", "data=mnist"], "< 1.5")):
        print(
            f"| synthmix {' '.join(arguments)} | {statistics.median(cpu(*arguments) for _ in range(7)):.2f} | {bound} |"
        )


if __name__ == "__main__":
    main()
