"""Stages whose process is killed again and again: real processes, which kill themselves."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthmix.errors import Interrupted
from synthmix.stages import attempts
from synthmix.stages.attempts import KilledAgain
from synthmix.stages.key import key_of
from synthmix.stages.lost import count_lost, forget, lost
from synthmix.stages.store import Store

DEPENDS_ON = {"seed": 3}
KEY = key_of("generator", DEPENDS_ON)
LONG_AGO = 0.0


def kill_this_process() -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def in_a_process(work: Callable[[], object]) -> int:
    """The signal that has ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def killed(root: Path = Path("store"), compute: Callable[[], dict[str, Any]] = kill_this_process) -> None:
    """A process that is killed while it computes the stage."""
    number = in_a_process(lambda: Store(root).get_or_compute("generator", DEPENDS_ON, compute))
    assert number == signal.SIGKILL


def computed(store: Store) -> bool:
    return not store.get_or_compute("generator", DEPENDS_ON, lambda: {"x": 1}).reused


@pytest.fixture
def store() -> Store:
    return Store(Path("store"))


def files() -> list[str]:
    return [path.name for path in Path("store").rglob("*.attempts*")]


def test_after_three_killed_workers_a_stage_is_refused_until_it_is_asked_for_again(store: Store) -> None:
    for times in (1, 2, 3):
        killed()
        assert count_lost(store.root, LONG_AGO) == {f"generator {KEY}": times}
        assert lost(store.root) == ({KEY: times} if times < 3 else {})
    with pytest.raises(KilledAgain, match=f"^stage generator {KEY[:12]}: its process was killed 3 times") as told:
        store.get_or_compute("generator", DEPENDS_ON, lambda: pytest.fail("begun a fourth time"))
    assert str(told.value).endswith(f": synthmix store retry {KEY[:12]} --store store")
    assert forget(store.root, "0" * 12) == []
    assert forget(store.root, KEY[:12]) == [f"generator {KEY}"]
    assert computed(store)
    assert files() == []


@pytest.mark.parametrize(
    ("kills", "starts", "refused"),
    [([0, 1, 2, 3], "aaaa", True), ([0, 0, 0, 0], "aaaa", False), ([0, 1, 2, 3], "abcd", False)],
    ids=["killed for memory", "killed by hand", "machine started anew"],
)
def test_a_whole_command_that_is_gone_counts_where_the_kernel_has_killed_for_memory_since(
    kills: list[int], starts: str, refused: bool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KERNEL_COUNTS", "BOOT"):
        monkeypatch.setattr(attempts, name, Path(name))
    for attempt, (number, boot) in enumerate(zip(kills, starts, strict=True), start=1):
        Path("KERNEL_COUNTS").write_text(f"nr_free_pages 7\noom_kill {number}\n")
        Path("BOOT").write_text(f"{boot}\n")
        if attempt < 4:
            killed()
    if refused:
        with pytest.raises(KilledAgain):
            computed(store)
    else:
        assert computed(store)


def interrupt() -> dict[str, Any]:
    raise Interrupted(signal.SIGTERM)


def test_a_signal_is_no_attempt_and_leaves_what_was_counted(store: Store) -> None:
    for _ in range(4):
        with pytest.raises(Interrupted):
            store.get_or_compute("generator", DEPENDS_ON, interrupt)
        assert files() == []
    killed()
    count_lost(store.root, LONG_AGO)
    with pytest.raises(Interrupted):
        store.get_or_compute("generator", DEPENDS_ON, interrupt)
    assert lost(store.root) == {KEY: 1}


def test_an_orderly_end_begins_the_count_anew(store: Store) -> None:
    killed()
    count_lost(store.root, LONG_AGO)

    def fail() -> dict[str, Any]:
        raise ValueError("of its own accord")

    with pytest.raises(ValueError, match="accord"):
        store.get_or_compute("generator", DEPENDS_ON, fail)
    assert (lost(store.root), files()) == ({}, [])


def test_the_innermost_stage_is_to_blame(store: Store) -> None:
    def work() -> None:
        with_generator = lambda: store.get_or_compute("generator", DEPENDS_ON, kill_this_process).payload  # noqa: E731
        store.get_or_compute("cell", {"ratio": 1}, with_generator)

    assert in_a_process(work) == signal.SIGKILL
    assert [*count_lost(store.root, LONG_AGO)] == [f"generator {KEY}"]

    def after_it() -> dict[str, Any]:
        store.get_or_compute("generator", DEPENDS_ON, lambda: {"x": 1})
        return kill_this_process()

    assert in_a_process(lambda: store.get_or_compute("cell", {"ratio": 1}, after_it)) == signal.SIGKILL
    assert [*count_lost(store.root, LONG_AGO)] == [f"cell {key_of('cell', {'ratio': 1})}"]


def test_a_process_that_lives_is_not_counted_and_neither_is_what_was_begun_before(store: Store) -> None:
    counted: list[Any] = []

    def look() -> dict[str, Any]:
        counted.extend([count_lost(store.root, LONG_AGO), forget(store.root, "")])
        return {"x": 1}

    store.get_or_compute("generator", DEPENDS_ON, look)
    assert counted == [{}, []]
    store.remove("generator", KEY)
    killed()
    assert count_lost(store.root, time.time() + 5) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"lost": "three"}', '{"lust": 3}'])
def test_a_damaged_count_begins_anew(content: str, store: Store) -> None:
    killed()
    (file,) = Path("store").rglob("*.attempts")
    file.write_text(content)
    assert lost(store.root) == {}
    assert computed(store)
