"""What a study adds to the cells asked for: a learning curve, tuned cells as configured, and batches of seeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from synthmix.config.cell import CellConfig
from synthmix.config.sections.mix import synthetic_count
from synthmix.errors import InvalidInput

ConfigOf = Callable[[Sequence[str]], CellConfig]  # composes and checks the cell of these overrides
# What tells the arms of a study apart: real points alone are scored without them.
OF_AN_ARM = ("model", "gate", "mix", "quality")


@dataclass(frozen=True)
class PlannedCell:
    """One combination: the overrides that Hydra composes it from, and the config that they give."""

    overrides: Sequence[str]
    config: CellConfig


@dataclass(frozen=True)
class Batch:
    """Seeds that a sequential study adds.

    Attributes:
        seeds: the further ones.
        arms: what is run on them, by `combination.arm_id`, sorted.
    """

    seeds: Sequence[int]
    arms: Sequence[str]


def curve_cells(config_of: ConfigOf, cells: Sequence[PlannedCell]) -> Iterator[PlannedCell]:
    """Real points alone, beside every cell that has synthetic ones, and longer cells of the oracle.

    A part of n that is too small for its learner is left out.
    """
    baselines = {_real_only(cell.overrides) for cell in cells if cell.config.mix.ratio == 0}
    for shared, of_setting in _by_setting(cells).items():
        n, _ = of_setting[0].config.train_size
        sizes = {int(part * n) for part in of_setting[0].config.study.learning_curve} - {0, n}
        if shared not in baselines:
            sizes.add(n)
        for size in sorted(sizes):
            overrides = [*shared, f"data.n_train={size}", "mix.ratio=0", "tracking.on_curve=true"]
            try:
                yield PlannedCell(overrides, config_of(overrides))
            except InvalidInput:
                if size == n:
                    raise
        yield from _longer_oracle(config_of, of_setting)


def configured_cells(cells: Sequence[PlannedCell], curve: Iterable[PlannedCell]) -> Iterator[PlannedCell]:
    """The tuned cells with their learner as configured, and real points alone at n where no ratio 0 was asked for."""
    sizes = {cell.config.train_size[0] for cell in cells}
    baselines = (cell for cell in curve if cell.config.mix.ratio == 0 and cell.config.train_size[0] in sizes)
    for cell in itertools.chain(cells, baselines):
        if cell.config.is_tuned:
            tracking = replace(cell.config.tracking, on_curve=False, as_configured=True)
            overrides = [*cell.overrides, "tuning=none", "tracking.on_curve=false", "tracking.as_configured=true"]
            yield PlannedCell(overrides, replace(cell.config, tuning="none", tracking=tracking))


def is_oracle(model: str, weight: float, gate: str) -> bool:
    """Whether an arm makes n(1 + r) real points of n: further ones, that weigh as much, and that no gate has seen."""
    return (model, weight, gate) == ("real", 1, "none")


def short_oracle(configs: Iterable[CellConfig]) -> Iterator[str]:
    """Where the pool has fewer real points than the oracle is asked for, a line for each data set and n.

    By the protocol of anomaly detection the pool is cut by labels, which nobody knows before the data is loaded.
    """
    largest: dict[tuple[str, int, int], float] = {}
    for config in configs:
        if _is_oracle(config) and config.anomaly_protocol is None:
            key = config.data.name, config.train_size[0], config.parts.learn
            largest[key] = max(largest.get(key, 0.0), config.mix.ratio)
    for (name, n, learn), ratio in largest.items():
        needed, pool = synthetic_count(ratio, n), learn - n
        if needed > pool:
            enough = math.floor(learn / (1 + ratio))
            left = "1 is" if pool == 1 else f"{pool or 'none'} are"
            yield (
                f"the oracle (model=real) has no scores at ratio {ratio:g} with {n} points of {name}: it needs "
                f"{needed} further ones, and {left} left; data.n_train={enough} leaves enough"
            )


def _longer_oracle(config_of: ConfigOf, cells: Sequence[PlannedCell]) -> Iterator[PlannedCell]:
    """Cells of a setting's oracle with which its curve reaches twice the size of the largest mixture.

    Where the pool is shorter, it reaches as far as that. Without a learning curve or an oracle there is none.
    """
    oracle = [cell for cell in cells if _is_oracle(cell.config)]
    if not oracle or not oracle[0].config.study.learning_curve:
        return
    config = oracle[0].config
    n, _ = config.train_size
    largest = max(cell.config.mix.ratio for cell in cells)
    known = {synthetic_count(cell.config.mix.ratio, n) for cell in oracle}
    pool = config.parts.learn - n
    # By the protocol of anomaly detection the pool is cut by labels, which nobody knows before the data is loaded.
    last = pool if config.anomaly_protocol is None else 0
    for count in longer_counts(n, n + synthetic_count(largest, n), known, pool, last):
        overrides = [*oracle[0].overrides, f"mix.ratio={ratio_of(count, n)}", "tracking.on_curve=true"]
        try:
            yield PlannedCell(overrides, config_of(overrides))
        except InvalidInput:  # a mixture that does not fit into memory
            return


def longer_counts(n: int, largest: int, known: set[int], pool: int, last: int) -> list[int]:
    """How many points beyond n the oracle takes in addition, ascending.

    Args:
        n: points of train.
        largest: points of the largest mixture.
        known: what it takes anyway.
        pool: the most that there may be.
        last: what it takes where that is too few for twice the largest mixture; 0 for nothing.
    """
    wanted = [round(math.sqrt(2) * largest) - n, 2 * largest - n]
    counts = [count for count in wanted if count <= pool]
    reached = max([*counts, *(count for count in known if count <= pool)], default=0)
    if wanted[-1] > pool and last > reached:
        counts.append(last)
    return [count for count in counts if count not in known]


def ratio_of(count: int, n: int) -> float:
    """The shortest decimal number that as a ratio gives `count` synthetic points for `n` real ones."""
    for digits in itertools.count():
        ratio = math.ceil(count * 10.0**digits / n) / 10.0**digits
        if synthetic_count(ratio, n) == count:
            return ratio
    raise AssertionError("unreachable")


def _is_oracle(config: CellConfig) -> bool:
    return config.mix.ratio > 0 and is_oracle(config.model.name, config.mix.synthetic_weight, config.gate.name)


def _by_setting(cells: Sequence[PlannedCell]) -> dict[tuple[str, ...], list[PlannedCell]]:
    """The cells with synthetic points, by the overrides that matter without them."""
    found: dict[tuple[str, ...], list[PlannedCell]] = {}
    for cell in cells:
        if cell.config.mix.ratio > 0:
            found.setdefault(_real_only(cell.overrides), []).append(cell)
    return found


def _real_only(overrides: Sequence[str]) -> tuple[str, ...]:
    """The overrides that matter without synthetic points."""
    return tuple(text for text in overrides if text.lstrip("+~").partition("=")[0].split(".")[0] not in OF_AN_ARM)
