"""What a fitted task puts out for points that it has not seen. Apart from the interface, because it imports torch."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from synthmix.representations.base import Invertible, Representation
from synthmix.tasks.base import Task
from synthmix.tasks.outputs import RECONSTRUCTION


def outputs_for(task: Task, representation: Representation, x: Tensor) -> dict[str, NDArray[Any]]:
    """What is stored of points (N, *shape) that a fitted task has not seen.

    That is what it puts out for them in the represented space, and for a task that `reconstructs` the points that the
    representation makes of these again, which no task could know.
    """
    points = representation.transform(x)
    found = task.outputs(points)
    if getattr(task, "reconstructs", False) and isinstance(representation, Invertible):
        reconstruction = representation.inverse(points)
        found |= {} if reconstruction is None else {RECONSTRUCTION: reconstruction}
    return found
