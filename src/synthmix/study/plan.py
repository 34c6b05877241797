"""The list of a command's cells, composed and checked before the first one starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.types import RunMode
from omegaconf import DictConfig

from synthmix.composition import composer, parse
from synthmix.config import check
from synthmix.errors import InvalidInput


@dataclass(frozen=True)
class Plan:
    """What a command asks for.

    Attributes:
        configs: one for each cell, in the order in which Hydra numbers them.
        is_study: whether it is a sweep.
        experiment: the `experiment=` that was chosen, or None.
        master: the config without what is swept over, with Hydra's own node.
    """

    configs: Sequence[DictConfig]
    is_study: bool
    experiment: str | None
    master: DictConfig

    def sweep_folder(self, study: str) -> Path:
        """Where Hydra puts the folders of the cells of a study."""
        self.master.tracking.study = study  # conf/hydra/default.yaml names the folder after it
        return Path(self.master.hydra.sweep.dir)


def make_plan(overrides: Sequence[str], *, multirun: bool) -> Plan:
    """Enumerates the cells as Hydra's basic sweeper will, and checks each of them.

    Raises:
        InvalidInput: one line for each fault, over all cells.
    """
    parsed = zip(overrides, parse(overrides), strict=True)
    fixed = [text for text, override in parsed if not override.is_sweep_override()]
    faults: dict[str, None] = {}
    configs = []
    with composer() as compose:
        master = compose(fixed, hydra=True)
        is_study = multirun or master.hydra.mode == RunMode.MULTIRUN
        if not is_study and len(fixed) < len(overrides):
            sweep = next(text for text in overrides if text not in fixed)
            raise InvalidInput(f"{sweep}: several values; add -m to sweep over them, or write a list as [1,2]")
        for cell in _cells(master, overrides) if is_study else [fixed]:
            try:
                config = compose(cell)
                check(config)
                configs.append(config)
            except InvalidInput as error:
                faults |= dict.fromkeys(error.faults)
    if not configs and not faults:
        raise InvalidInput(f"{' '.join(overrides)}: sweeps over no value, so that there is no cell")
    if faults:
        raise InvalidInput(*faults)
    return Plan(configs, is_study, master.hydra.runtime.choices.get("experiment"), master)


def _cells(config: DictConfig, overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each cell: the product of the experiment's sweep with that of the command line, which wins."""
    params = config.hydra.sweeper.get("params") or {}
    parsed = parse([*(f"{key}={value}" for key, value in params.items()), *overrides])
    endless = [text.input_line for text in parsed if text.is_sweep_override() and not text.is_discrete_sweep()]
    if endless:
        raise InvalidInput(*(f"{text}: must list its values, as 1,2,3 or range(3)" for text in endless))
    return [list(cell) for cell in BasicSweeper.split_arguments(parsed, None)[0]]
