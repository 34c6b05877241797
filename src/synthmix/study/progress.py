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
def progress_bar(folder: Path, n_cells: int) -> Iterator[None]:
    """Shows cells done, failed and reused while the block runs."""
    stop = threading.Event()
    with tqdm(total=n_cells, unit="cell", desc="study", smoothing=0.1, disable=None) as bar:
        watcher = threading.Thread(target=_watch, args=(folder, bar, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def _watch(folder: Path, bar: tqdm[None], stop: threading.Event) -> None:
    seen: set[Path] = set()
    counts: Counter[str] = Counter()
    last = False
    while not last:
        last = stop.wait(INTERVAL)  # one more look once the block has ended
        for file in set(folder.rglob(OUTCOME_FILE)) - seen:
            outcome = json.loads(file.read_text())
            counts[outcome["status"]] += 1
            counts["reused"] += outcome["reused_from"] is not None
            seen.add(file)
        bar.set_postfix({key: counts[key] for key in ("failed", "unavailable", "reused") if counts[key]}, refresh=False)
        bar.update(len(seen) - bar.n)
