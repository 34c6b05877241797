"""Between the range of the data and that of a net."""

from __future__ import annotations

from torch import Tensor

Range = tuple[float, float]


def rescaled(x: Tensor, old: Range | None, new: Range | None) -> Tensor:
    """`x` with one range mapped linearly to the other; unchanged where there is none."""
    if old is None or new is None or old == new:
        return x
    scale = (new[1] - new[0]) / (old[1] - old[0])
    return (x - old[0]) * scale + new[0]
