"""What the members of each group have in common, so that a cell and its other members can rely on it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from synthmix.config.allowlist import import_target
from synthmix.config.schema import Member

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class ModelConfig(Member):
    """A generator; `is_learned` says whether it is fitted at a cost, and kept, as a control is not."""

    methods: ClassVar[tuple[str, ...]] = ("fit", "sample", "material")
    is_learned: ClassVar[bool] = True

    name: str = field()


@dataclass(kw_only=True, frozen=True)
class GateConfig(Member):
    """A gate."""

    methods: ClassVar[tuple[str, ...]] = ("fit", "accept")

    name: str = field()


@dataclass(kw_only=True, frozen=True)
class RepresentationConfig(Member):
    """A representation.

    Attributes:
        fit_on: the points that it is fitted on.
    """

    methods: ClassVar[tuple[str, ...]] = ("fit", "transform")
    of_the_cell: ClassVar[tuple[str, ...]] = ("name", "fit_on")

    name: str = field()
    fit_on: Literal["train", "mixture"] = "train"


@dataclass(kw_only=True, frozen=True)
class ClustererConfig(Member):
    """A clusterer; `takes_weights` says whether its `fit` has a `sample_weight`, None that one has to look."""

    methods: ClassVar[tuple[str, ...]] = ("fit", "predict")
    takes_weights: ClassVar[bool | None] = None

    name: str = field()

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A weight other than 1 needs a clusterer that takes weights."""
        weight = cell.mix.synthetic_weight
        if weight != 1 and not self._takes_weights():
            yield f"mix.synthetic_weight={weight:g}: clusterer.name={self.name} takes no sample weights; must be 1"

    def _takes_weights(self) -> bool:
        if self.takes_weights is not None:
            return self.takes_weights
        return "sample_weight" in inspect.signature(import_target(self._target_).fit).parameters
