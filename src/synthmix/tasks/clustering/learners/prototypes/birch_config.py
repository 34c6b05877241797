"""Config of `birch`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from synthmix.config.schema import Positive, Range
from synthmix.tasks.clustering.config import RuledConfig


@dataclass(kw_only=True, frozen=True)
class BirchConfig(RuledConfig):
    """Subclusters of a tree, grouped.

    Attributes:
        threshold: radius of a subcluster, in units of the scaled data.
        branching_factor: subclusters of a node of the tree, which decides about speed.
        search: in few dimensions the loss prefers the finest tree, in many one whose centres are means of several
            points, which lie nearer to new points than a point does.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "its tree counts points"

    _target_: str = "synthmix.tasks.clustering.learners.prototypes.birch.BirchClusterer"
    name: str = "birch"
    threshold: Positive = 0.5
    branching_factor: Annotated[int, Range(low=2)] = 50
    search: dict[str, list[Any]] = field(default_factory=lambda: {"threshold": [0.1, 0.2, 0.5, 1.0, 2.0]})
