"""A sequential study after its first seeds: looks, adds the next batch of seeds, until every arm is decided."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from synthmix.analysis.scheduling.look import Look, look_at
from synthmix.pipeline.resources import Resources
from synthmix.study.batches import arms_of, batch_size, joined, next_batch, plan_of
from synthmix.study.plan import Plan
from synthmix.study.record import Record

Compute = Callable[[Plan], bool]  # asks for the cells of a plan and computes them; whether the study may go on


def go_on(plan: Plan, record: Record, resources: Resources, compute: Compute) -> None:
    """Adds batches of seeds until every arm is decided, or there are as many as there may be.

    Batches that were begun before are completed first, without a look: what they are was decided by what was known
    then, so that a study that was killed goes on as if it had not been.

    Args:
        plan: of the command, whose cells are computed.
        record: of the study; gets the batches, each before it begins, and why the study has stopped.
        resources: the store.
        compute: of the cells of a batch.
    """
    arms, seeds = arms_of(plan), record.seeds
    most, size = plan.configs[0].study.most_seeds, batch_size(plan)
    assert most is not None
    for batch in joined(record.batches):
        if arms & {*batch.arms} and not compute(plan_of(batch, plan, arms)):
            return
    while True:
        look = look_at(record, resources)
        print(f"{_said(seeds)}: {look.undecided} of {_arms(look.verdicts)} undecided", file=sys.stderr)
        further = next_batch(record, look.goes_on & arms, most, size) if look.open_arms & arms else None
        if further is None:
            record.stopped = _why(look, len(record.seeds), most, is_asked_for=bool(look.open_arms & arms))
            return
        record.batches.append(further)
        seeds = further.seeds
        if not compute(plan_of(further, plan, arms)):
            return


def _why(look: Look, seeds: int, most: int, *, is_asked_for: bool) -> str:
    if not look.verdicts:
        return "no generator, and so nothing to decide"
    if not look.undecided:
        return f"stopped after {seeds} seeds, all arms decided"
    if is_asked_for:
        return f"stopped at study.max_seeds={most} with {_arms(look.undecided)} undecided"
    return f"{_arms(look.undecided)} undecided, of which the last command asks for none"


def _arms(number: int) -> str:
    return f"{number} arm" if number == 1 else f"{number} arms"


def _said(seeds: Sequence[int]) -> str:
    """seed 3; seeds 8, 9; seeds 0 to 5."""
    first, last = seeds[0], seeds[-1]
    if len(seeds) > 2 and list(seeds) == list(range(first, last + 1)):
        return f"seeds {first} to {last}"
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
