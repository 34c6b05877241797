"""Cells computed anew: in a store of their own, which holds nothing when it is made, and logged nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmix.analysis.candidates import tuning_columns
from synthmix.config.cell import CellConfig, Checker
from synthmix.config.sections.trainer import TrainerConfig
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import result_of
from synthmix.study.asked import Asked, asked_of
from synthmix.study.launching.job import resources_of, run_one

UNTRACKED = {"_target_": "synthmix.tracking.none.Tracker", "pictures": False}
# How a training is watched makes no difference to what it ends with, and a stranger's config names no folder here.
UNWATCHED = ("checkpoint_every", "checkpoint_dir", "grid_every")


@dataclass(frozen=True)
class Recomputed:
    """What a cell has come to here.

    Attributes:
        asked: what it is, with the keys that the code here gives it.
        status: finished, unavailable or failed.
        error: why it has no scores, in one line.
        values: scores and quality by their MLflow names, and what was chosen for its learner, as `cells.csv` has them.
    """

    asked: Asked
    status: str
    error: str | None
    values: Mapping[str, Any]


class OwnStore:
    """Computes cells in a folder of its own; those that share a training train once.

    Args:
        folder: empty, and gone when the caller is done.
        data: where the data lies here: what a config names as `data.path` or `data.root` is this instead; None where
            it lies where the config says.
    """

    def __init__(self, folder: Path, data: str | None = None) -> None:
        self.folder, self.data = folder, data
        self._checked = Checker()

    def config(self, recorded: Mapping[str, Any]) -> CellConfig:
        """The config of a cell as it was recorded, checked as one that somebody types, and told where to run here.

        Raises:
            InvalidInput: one line for each fault.
        """
        node = {key: value for key, value in recorded.items() if key not in ("tracking", "paths", "study", "hydra")}
        node |= {"tracking": UNTRACKED, "paths": {"store": str(self.folder / "store")}}
        if isinstance(node.get("trainer"), Mapping):
            usual = TrainerConfig()
            node["trainer"] = {**node["trainer"], **{key: getattr(usual, key) for key in UNWATCHED}}
        if self.data is not None and isinstance(node.get("data"), Mapping):
            key = next((key for key in ("path", "root") if key in node["data"]), None)
            if key is None:
                raise InvalidInput(f"--data={self.data}: data.name={node['data'].get('name')} lies in no file")
            node["data"] = {**node["data"], key: self.data}
        return self._checked(node)

    def resources(self, config: CellConfig) -> Resources:
        """The store, and the data that was loaded."""
        return resources_of(config)

    def asked(self, config: CellConfig) -> Asked:
        """What a cell is here: its data is loaded for that. Raises InvalidInput where it cannot be."""
        return asked_of(self.resources(config).dependencies(config))

    def compute(self, config: CellConfig) -> Recomputed:
        """Computes a cell, from its data to its scores. Raises InvalidInput where the data cannot be used."""
        outcome = run_one(config, self.folder / "outcome")
        if outcome.status == "invalid":
            raise InvalidInput(*str(outcome.error).splitlines())
        resources = self.resources(config)
        depends_on = resources.dependencies(config)
        asked = asked_of(depends_on)
        found = result_of(depends_on, asked.keys, resources) if outcome.status == "finished" else None
        values = {} if found is None else {**found.metrics, **tuning_columns(found)}
        return Recomputed(asked, outcome.status, outcome.error, values)
