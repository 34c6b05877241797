"""The space in which points are drawn: their own values, or what a representation makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from synthmix.data.columns import Cells


@dataclass(frozen=True)
class Space:
    """Points of a cell as its learner sees them.

    Attributes:
        representation: its name; `identity` stands for the values themselves.
        real: held-out points, (N, ...).
        synthetic: those of the mixture, (M, ...), M = 0 where there are none.
        columns: of a table, what the held-out points have in its file, whatever the learner sees of them; else none.
    """

    representation: str
    real: Tensor
    synthetic: Tensor
    columns: Sequence[Cells] = ()

    @property
    def is_of_points(self) -> bool:
        """Whether the points are as the data has them."""
        return self.representation == "identity"

    @property
    def words(self) -> str:
        """What is shown, for a picture."""
        return "the points" if self.is_of_points else f"the {self.representation} representation"
