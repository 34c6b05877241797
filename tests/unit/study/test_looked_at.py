"""A study with more seeds, planned where the verdicts of some of them may have been seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthmix.study.asked import Asked
from synthmix.study.looked_at import looked_at_before, told
from synthmix.study.record import Record, Studies


def cells(seeds: range, generator: str | None = "g") -> dict[str, Asked]:
    return {
        str(seed): Asked(
            {"seed": seed}, 100, f"{generator} {seed}", generator and f"{generator} {seed}", None, "digest"
        )
        for seed in seeds
    }


def stored(folder: Path, name: str, seeds: range, generator: str | None = "g", **settings: Any) -> Record:
    record = Record(name)
    record.ask(cells(seeds, generator), {}, "synthmix run -m", settings)
    record.write(Studies(folder).file(name))
    return record


def looked_at(record: Record, folder: Path) -> dict[str, int]:
    return looked_at_before(record, [asked.key for asked in record.cells.values()], Studies(folder))


def test_more_seeds_after_a_verdict_are_a_second_look(tmp_path: Path) -> None:
    stored(tmp_path, "six", range(6))
    new = stored(tmp_path, "eight", range(8))
    assert looked_at(new, tmp_path) == {"six": 6}
    assert told({"six": 6}, 8)[0].startswith("six was planned with 6 of these 8 seeds: ")


def test_what_is_no_second_look(tmp_path: Path) -> None:
    """Fresh seeds, other generators, controls alone, the same seeds, no verdict yet, and a sequential study."""
    stored(tmp_path, "fresh", range(8, 12))
    stored(tmp_path, "other", range(4), "h")
    stored(tmp_path, "controls", range(4), None)
    stored(tmp_path, "interim", range(6), seeds_planned=20)
    stored(tmp_path, "same", range(8), margin=0.1)
    assert looked_at(stored(tmp_path, "eight", range(8)), tmp_path) == {}
    assert looked_at(stored(tmp_path, "sequential", range(12), sequential=True), tmp_path) == {}
