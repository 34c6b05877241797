"""Pictures of what a codec leaves of held-out points."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from matplotlib.figure import Figure
from torch import Tensor

from synthmix.metric import HeldOut
from synthmix.plots.samples import sample_grid
from synthmix.plots.space import Space
from synthmix.spec import DataSpec
from synthmix.tasks.compression.outputs import RECONSTRUCTION
from synthmix.tasks.compression.task import Compression

SHOWN = 64  # images


def pictures(
    task: Compression, test: HeldOut, synthetic: Tensor, spec: DataSpec, *, space: Space
) -> Iterator[tuple[str, Figure]]:
    """A picture with its name: held-out points, and what their symbols decode to.

    Args:
        task: fitted.
        test: the points, and their reconstructions.
        synthetic: points of the mixture, (M, *shape).
        spec: of the data.
        space: the same points as the codec sees them, which are the points themselves.
    """
    shown = test.points if spec.kind == "table" else test.points[:SHOWN]
    rebuilt = torch.from_numpy(test.outputs[RECONSTRUCTION][: len(shown)]).float().view_as(shown)
    yield "reconstructions", sample_grid(rebuilt, spec, real=shown, word="reconstruction")
