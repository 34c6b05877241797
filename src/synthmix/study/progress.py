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
from synthmix.study.under_way import under_way

INTERVAL = 0.5  # seconds between two counts of outcome files
CLOCKS_APART = 1  # second: a job may begin before the first look, and a disk has a clock of its own
LOOKS_APART = 10  # seconds between two looks at what is being computed
LINES_APART = 60  # seconds between two lines where there is no terminal
REPORTED = ("failed", "unavailable", "stored")


@contextmanager
def progress_bar(folder: Path, *, jobs: int, stored: int, store: Path) -> Iterator[None]:
    """Shows the cells of a study, done, failed and reused, while the block runs its jobs.

    Args:
        folder: where the jobs write their outcomes.
        jobs: how many there are.
        stored: cells that were done before.
        store: the folder of the stages that the jobs compute.
    """
    stop = threading.Event()
    with tqdm(
        total=jobs + stored, initial=stored, unit="cell", desc="study", smoothing=0.1, disable=None, dynamic_ncols=True
    ) as bar:
        watcher = threading.Thread(target=_watch, args=(folder, bar, stored, store, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def _watch(folder: Path, bar: tqdm[None], stored: int, store: Path, stop: threading.Event) -> None:
    seen: set[Path] = set()
    counts: Counter[str] = Counter(stored=stored)
    last, start, lines, looks, stages = False, time.monotonic(), 0, 0, ""
    begun = time.time() - CLOCKS_APART
    while not last:
        last = stop.wait(INTERVAL)  # one last count once the block has ended
        for file in set(folder.rglob(OUTCOME_FILE)) - seen:
            outcome = json.loads(file.read_text())
            counts[outcome["status"]] += 1
            counts["stored"] += outcome["reused_from"] is not None
            seen.add(file)
        done, reported = stored + len(seen), {key: counts[key] for key in REPORTED if counts[key]}
        elapsed = time.monotonic() - start
        if not bar.disable and elapsed > LOOKS_APART * (looks + 1):
            looks += 1
            stages = ", ".join(under_way(store, begun))
        bar.set_postfix(reported | ({"now": stages} if stages else {}), refresh=False)
        bar.update(done - bar.n)
        if bar.disable and elapsed > LINES_APART * (lines + 1):
            lines += 1
            which = "".join(f", {count} {key}" for key, count in reported.items())
            now = "".join(f", now {stage}" for stage in under_way(store, begun))
            print(f"study: {done} of {bar.total} cells{which}, {tqdm.format_interval(elapsed)}{now}", file=sys.stderr)
