"""Pictures of a representation of held-out points."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure
from torch import Tensor

from synthmix.metric import HeldOut
from synthmix.plots.projection import projection, side_by_side
from synthmix.plots.space import Space
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.outputs import ASSIGNMENTS
from synthmix.tasks.outputs import RECONSTRUCTION
from synthmix.tasks.representation.outputs import CODE
from synthmix.tasks.representation.task import RepresentationLearning


def pictures(
    task: RepresentationLearning, test: HeldOut, synthetic: Tensor, spec: DataSpec, *, space: Space
) -> Iterator[tuple[str, Figure]]:
    """Pictures with their names: the represented points, and points, codes and reconstructions side by side.

    Points are coloured by class where there are labels, else by cluster.

    Args:
        task: fitted.
        test: the points, and what was put out for them.
        synthetic: points of the mixture, (M, *shape).
        spec: of the data.
        space: the represented points.
    """
    clusters = test.outputs[ASSIGNMENTS]
    groups, word = (clusters, "cluster") if test.labels is None else (test.labels.numpy(), "class")
    yield "projection_pca", projection(space, clusters, seed=test.seed)
    code, reconstruction = test.outputs[CODE], test.outputs.get(RECONSTRUCTION)
    spaces = {
        f"points ({spec.size} values)": test.points.flatten(1).numpy(),
        f"codes ({space.representation}, {code.shape[1]} values)": code,
    } | ({} if reconstruction is None else {"reconstructions": reconstruction})
    yield "points_codes_reconstructions", side_by_side(spaces, groups, seed=test.seed, word=word)
