"""The seeds that a sequential study adds: which ones, of which arms, and the plan of their cells."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from synthmix.config.composing.grammar import parse
from synthmix.config.plain import to_plain
from synthmix.study.added import Batch
from synthmix.study.combination import arm_id
from synthmix.study.launching.launchers import workers
from synthmix.study.plan import Plan, make_plan
from synthmix.study.record import Record

LEAST = 2  # seeds of a batch: looking costs about as much as a small seed, and one seed too many costs no more


def batch_size(plan: Plan) -> int:
    """Seeds of a batch: as many as the launcher has workers, `LEAST` at least, and no more than the command asks for.

    So one process and two workers give the same study, and a cluster does not run all seeds before the first look.
    """
    asked = len({config.seed for config in plan.configs})
    return max(LEAST, min(asked, workers(plan.master.hydra.launcher, plan.configs[0].threads)))


def arms_of(plan: Plan) -> frozenset[str]:
    """What a command asks for, but for the seeds, by `arm_id`."""
    return frozenset(arm_id(to_plain(config)) for config in plan.configs)


def next_batch(record: Record, arms: Collection[str], most: int, size: int) -> Batch | None:
    """The integers that follow on the seeds of these arms; None where these have all that they may come to.

    Args:
        record: what has been asked for.
        arms: what is run on further seeds, by `arm_id`.
        most: seeds that they may come to.
        size: seeds of a batch.
    """
    known = {int(asked.config["seed"]) for asked in record.cells.values() if arm_id(asked.config) in arms}
    if len(known) >= most:
        return None
    first = max(known) + 1
    return Batch(list(range(first, first + min(size, most - len(known)))), sorted(arms))


def joined(batches: Sequence[Batch]) -> Iterator[Batch]:
    """Consecutive batches of the same arms as one."""
    for arms, alike in itertools.groupby(batches, key=lambda batch: list(batch.arms)):
        yield Batch([seed for batch in alike for seed in batch.seeds], arms)


def plan_of(batch: Batch, plan: Plan, arms: Collection[str]) -> Plan:
    """The plan of a batch: the command's sweep with other seeds, as far as its arms are concerned.

    Args:
        batch: one that has some of these arms.
        plan: of the command.
        arms: what it asks for.
    """
    pairs = zip(plan.overrides, parse(plan.overrides), strict=True)
    others = [text for text, override in pairs if override.get_key_element() != "seed"]
    seeds = ",".join(map(str, batch.seeds))
    return make_plan([*others, f"seed={seeds}"], multirun=True, arms=set(batch.arms) & set(arms))
