"""Studies whose verdict may have been seen before another one was planned with the same seeds and more."""

from __future__ import annotations

from collections.abc import Iterable

from synthmix.study.record import Record, Studies


def looked_at_before(record: Record, keys: Iterable[str], studies: Studies) -> dict[str, int]:
    """By study, how many of the seeds of a new one it has been planned with: fewer than are asked for now.

    Whoever plans more seeds once a verdict was seen looks twice, and finds effects that are not there. A study is meant
    whose trained generators have the same cells; controls alone tell nothing of an effect.

    Args:
        record: of the new study, with its cells.
        keys: of its cells.
        studies: in the same store.
    """
    if record.settings.get("sequential"):
        return {}
    own, wanted = set(record.seeds_planned), set(keys)
    found = {}
    for name in studies.names():
        other = studies.read(name) if name != record.name else None
        if other is None or _is_interim(other) or not set(other.seeds_planned) < own:
            continue
        if any(asked.generator_key and asked.key in wanted for asked in other.cells.values()):
            found[name] = len(other.seeds_planned)
    return found


def _is_interim(record: Record) -> bool:
    """Whether seeds that were planned are still to come, so that nothing was judged yet."""
    return len(record.seeds) < (record.settings.get("seeds_planned") or 0)


def told(looked_at: dict[str, int], seeds: int) -> list[str]:
    """A sentence for each of these studies."""
    return [
        f"{name} was planned with {number} of these {seeds} seeds: if its verdicts were seen before more seeds were "
        "planned, this is a second look, which finds effects that are not there more often than the levels say "
        "(study.sequential=true may be looked at at any time; fresh seeds by themselves are a fresh study)"
        for name, number in looked_at.items()
    ]
