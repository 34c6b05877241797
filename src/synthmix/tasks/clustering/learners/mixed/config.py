"""Configs of the clusterers that know columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Positive
from synthmix.tasks.clustering.config import RuledConfig
from synthmix.tasks.clustering.learners.prototypes.kmedoids_config import KMedoidsConfig


@dataclass(kw_only=True, frozen=True)
class MixedConfig(RuledConfig):
    """A clusterer of the encoded rows of a table."""

    def faults(self, cell: Cell) -> Iterator[str]:
        """There are columns, and the rows reach it as they are encoded."""
        yield from super().faults(cell)
        if not cell.outline.spec.columns:
            needs = "has no columns of known types; must be a table: data=table, data=openml, or another clusterer"
            yield f"clusterer.name={self.name}: data.name={cell.data.name} {needs}"
        if cell.representation.name != "identity":
            given = f"representation.name={cell.representation.name}"
            yield f"{given}: clusterer.name={self.name} reads the columns of the rows themselves; must be identity"


@dataclass(kw_only=True, frozen=True)
class KPrototypesConfig(MixedConfig):
    """k-prototypes. Nothing to tune: `gamma` changes the loss by which it would be chosen.

    Attributes:
        gamma: what a level that differs counts, beside 1 for a number that is a standard deviation away. Between two
            levels k-means on the encoding counts 1.
        n_init: starts, of which the best is kept.
        max_iter: steps of each start.
    """

    not_searched: ClassVar[tuple[str, ...]] = (*MixedConfig.not_searched, "gamma")

    _target_: str = "synthmix.tasks.clustering.learners.mixed.kprototypes.KPrototypes"
    name: str = "kprototypes"
    gamma: Positive = 1.0
    n_init: Count = 10
    max_iter: Count = 100


@dataclass(kw_only=True, frozen=True)
class GowerKMedoidsConfig(MixedConfig, KMedoidsConfig):
    """k-medoids by Gower's distance."""

    _target_: str = "synthmix.tasks.clustering.learners.mixed.gower.GowerKMedoids"
    name: str = "gower_kmedoids"
