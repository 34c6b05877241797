"""Which stages are being computed now, read from the locks of the store: whichever process computes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def under_way(store: Path, since: float) -> Sequence[str]:
    """The names of the stages whose lock was taken, and whose entry is not there yet.

    Args:
        store: its folder.
        since: seconds since the Unix epoch; older locks are of processes that were killed.
    """
    waiting: dict[str, float] = {}
    for lock in store.glob("*/??/*.lock"):
        try:
            taken = lock.stat().st_mtime
        except FileNotFoundError:  # removed since it was found, as by `synthmix store prune`
            continue
        if taken >= since and not lock.with_suffix("").exists():
            stage = lock.parent.parent.name
            waiting[stage] = max(taken, waiting.get(stage, 0.0))
    return sorted(waiting, key=lambda stage: waiting[stage])
