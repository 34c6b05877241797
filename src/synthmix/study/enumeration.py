"""The cells of a sweep, enumerated as Hydra's basic sweeper does, once it is known how many they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, RangeSweep, Sweep, ValueType
from omegaconf import DictConfig, OmegaConf

from synthmix.config.composing.composer import Composer
from synthmix.config.schema import shown
from synthmix.config.sections.study import MAX_CELLS
from synthmix.errors import InvalidInput


def swept_values(parsed: Sequence[Override], compose: Composer, overrides: Sequence[str]) -> list[Override]:
    """Overrides of which each sweep has an end, and `glob(…)` is the list of what it matches.

    Args:
        parsed: what was asked for.
        compose: knows the members of config groups.
        overrides: of the command.

    Raises:
        InvalidInput: one line for each sweep that cannot be enumerated.
    """
    faults: list[str] = []
    listed = []
    for override in parsed:
        if override.is_sweep_override():
            fault = _fault(override, compose, overrides)
            faults += [fault] if fault else compose.groups.faults(override, overrides)
        pattern: Any = override._value
        if isinstance(pattern, Glob) and not faults:
            names = pattern.filter(compose.groups.members(override.key_or_group, overrides))
            listed.append(_as_list(override, names))
        else:
            listed.append(override)
    if faults:
        raise InvalidInput(*faults)
    return listed


def combinations(parsed: Sequence[Override], max_cells: int) -> list[list[str]]:
    """The overrides of each cell: the product of all sweeps; of two of one key the last counts.

    Args:
        parsed: of `swept_values`.
        max_cells: the most that there may be.

    Raises:
        InvalidInput: there are more.
    """
    last = {override.get_key_element(): override for override in parsed}
    sizes = {key: size_of(override) for key, override in last.items()}
    total = math.prod(sizes.values())
    if not total:
        return []
    if total > max_cells:
        factors = " × ".join(str(size) for size in sizes.values() if size > 1)
        raise InvalidInput(f"study.max_cells={max_cells}: must be ≥ {total}, the cells asked for ({factors})")
    return [list(cell) for cell in BasicSweeper.split_arguments(list(last.values()), None)[0]]


def sweeper_params(master: DictConfig) -> list[str]:
    """The sweep that a file asks for, as overrides.

    Raises:
        InvalidInput: hydra.sweeper.params does not give each key a text.
    """
    params = master.hydra.sweeper.get("params")
    if params is None:
        return []
    if not OmegaConf.is_dict(params):
        raise InvalidInput(f"hydra.sweeper.params={shown(params)}: must be a group of keys, KEY: VALUES")
    return [f"{key}={'null' if value is None else value}" for key, value in params.items()]


def max_cells_of(master: DictConfig) -> int:
    """The most cells that a sweep may have; what is no number is told when the cells are checked."""
    asked = OmegaConf.select(master, "study.max_cells")
    return asked if type(asked) is int else MAX_CELLS


def size_of(override: Override) -> int:
    """How many values an override of `swept_values` has, without listing them."""
    value: Any = override._value
    if isinstance(value, RangeSweep):
        start, stop, step = map(Fraction, _bounds(value))
        return max(0, math.ceil((stop - start) / step))
    return len(value.list) if isinstance(value, ChoiceSweep) else 1


def _bounds(sweep: RangeSweep) -> tuple[float, float, float]:
    """Start, stop and step of a range."""
    if sweep.start is None or sweep.stop is None:  # range() without an argument, which the grammar refuses
        return math.nan, math.nan, math.nan
    return sweep.start, sweep.stop, sweep.step


def _fault(override: Override, compose: Composer, overrides: Sequence[str]) -> str | None:
    """Why a sweep cannot be enumerated; None where it can."""
    value: Any = override._value
    if isinstance(value, RangeSweep):
        if not all(map(math.isfinite, _bounds(value))) or not value.step:
            return f"{override.input_line}: must be range(START,STOP,STEP) of finite numbers, STEP not 0"
    elif isinstance(value, Glob):
        if not compose.is_group(override.key_or_group, overrides):
            return f"{override.input_line}: glob(…) is for config groups; must list its values, as 1,2,3 or range(3)"
    elif not isinstance(value, ChoiceSweep) or any(isinstance(item, Sweep) for item in value.list):
        return f"{override.input_line}: must list its values, as 1,2,3 or range(3)"
    return None


def _as_list(override: Override, names: Sequence[str]) -> Override:
    """The same sweep with its values listed."""
    choice = ChoiceSweep(list=list(names), simple_form=True)
    return replace(override, value_type=ValueType.SIMPLE_CHOICE_SWEEP, _value=choice)
