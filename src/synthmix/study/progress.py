"""One bar for a whole study, whichever launcher runs its cells: it counts the outcomes that they write."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from synthmix.study.job import OUTCOME_FILE

INTERVAL = 0.5  # seconds between two looks at the folder


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
    last = False
    while not last:
        last = stop.wait(INTERVAL)  # one more look once the block has ended
        for file in set(folder.rglob(OUTCOME_FILE)) - seen:
            outcome = json.loads(file.read_text())
            counts[outcome["status"]] += 1
            counts["stored"] += outcome["reused_from"] is not None
            seen.add(file)
        bar.set_postfix({key: counts[key] for key in ("failed", "unavailable", "stored") if counts[key]}, refresh=False)
        bar.update(stored + len(seen) - bar.n)
