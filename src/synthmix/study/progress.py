"""A progress bar of a study under any launcher: counts the outcome files of its jobs.

Where stderr is not a terminal, it prints a line a minute instead.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from synthmix.study.launching.job import OUTCOME_FILE

INTERVAL = 0.5  # seconds between two counts of outcome files
LINES_APART = 60  # seconds between two lines where there is no terminal
REPORTED = ("failed", "unavailable", "stored")


@contextmanager
def progress_bar(folder: Path, *, jobs: int, stored: int) -> Iterator[None]:
    """Shows the cells of a study, done, failed and reused, while the block runs its jobs.

    Args:
        folder: where the jobs write their outcomes.
        jobs: how many there are.
        stored: cells that were done before.
    """
    stop = threading.Event()
    with tqdm(
        total=jobs + stored, initial=stored, unit="cell", desc="study", smoothing=0.1, disable=None, dynamic_ncols=True
    ) as bar:
        watcher = threading.Thread(target=_watch, args=(folder, bar, stored, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def _watch(folder: Path, bar: tqdm[None], stored: int, stop: threading.Event) -> None:
    seen: set[Path] = set()
    counts: Counter[str] = Counter(stored=stored)
    last, start, lines = False, time.monotonic(), 0
    while not last:
        last = stop.wait(INTERVAL)  # one last count once the block has ended
        for file in set(folder.rglob(OUTCOME_FILE)) - seen:
            outcome = json.loads(file.read_text())
            counts[outcome["status"]] += 1
            counts["stored"] += outcome["reused_from"] is not None
            seen.add(file)
        done, reported = stored + len(seen), {key: counts[key] for key in REPORTED if counts[key]}
        bar.set_postfix(reported, refresh=False)
        bar.update(done - bar.n)
        elapsed = time.monotonic() - start
        if bar.disable and elapsed > LINES_APART * (lines + 1):
            lines += 1
            which = "".join(f", {count} {key}" for key, count in reported.items())
            print(f"study: {done} of {bar.total} cells{which}, {tqdm.format_interval(elapsed)}", file=sys.stderr)
