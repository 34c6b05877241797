"""The stages of a store in which processes were killed: counted by who outlives them, looked up, and forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from synthmix.stages.attempts import MOST, SUFFIX, Attempts
from synthmix.stages.store import lock_of


def count_lost(root: Path, since: float) -> Mapping[str, int]:
    """Counts the processes that are gone in the middle of a stage; for a process that has started and outlived them.

    Args:
        root: the folder of the store.
        since: seconds since the Unix epoch, on the clock of its disk; what was begun before is of others.

    Returns:
        How often a process was killed in each of these stages, by `stage key`.
    """
    found = {}
    for folder in _folders(root):
        with _held(folder) as may_write:
            known = Attempts.read(folder)
            if may_write and known.begun and folder.with_suffix(SUFFIX).stat().st_mtime >= since:
                counted = Attempts(known.lost + 1)
                counted.write(folder)
                found[_name(folder)] = counted.lost
    return found


def lost(root: Path) -> Mapping[str, int]:
    """The keys of the stages in which a process was killed and which are tried again, and how often that was."""
    known = {folder.name: Attempts.read(folder).lost for folder in _folders(root)}
    return {key: times for key, times in known.items() if 0 < times < MOST}


def forget(root: Path, key: str) -> Sequence[str]:
    """Forgets what was counted of the stages whose key begins so; returns these, as `stage key`."""
    forgotten = []
    for folder in _folders(root):
        with _held(folder) as may_write:
            if may_write and folder.name.startswith(key) and Attempts.read(folder).lost:
                Attempts().write(folder)
                forgotten.append(_name(folder))
    return forgotten


def _name(folder: Path) -> str:
    return f"{folder.parent.parent.name} {folder.name}"


def _folders(root: Path) -> Iterator[Path]:
    """The entries, there or not, of which something is counted."""
    files = sorted(root.glob(f"*/??/*{SUFFIX}"))
    yield from (file.with_suffix("") for file in files if re.fullmatch("[0-9a-f]{64}", file.stem))


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """The lock of an entry; False where a process that lives holds it."""
    lock = lock_of(folder)
    with suppress(Timeout):
        lock.acquire(timeout=0)
    try:
        yield lock.is_locked
    finally:
        lock.release()
