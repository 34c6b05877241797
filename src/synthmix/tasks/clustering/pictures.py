"""Pictures of a clustering of held-out points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from synthmix.metric import HeldOut
from synthmix.plots.projection import projection
from synthmix.plots.space import Space
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap
from synthmix.tasks.clustering.outputs import ASSIGNMENTS
from synthmix.tasks.clustering.plots import som
from synthmix.tasks.clustering.plots.confusion import confusion
from synthmix.tasks.clustering.plots.segments import segments_picture, standing_picture
from synthmix.tasks.clustering.plots.topics import topics_picture
from synthmix.tasks.clustering.segments import clusters_of, profile, standing, written
from synthmix.tasks.clustering.task import Clustering
from synthmix.tasks.clustering.topics import topics_of


def pictures(
    task: Clustering, test: HeldOut, synthetic: Tensor, spec: DataSpec, *, space: Space
) -> Iterator[tuple[str, Figure]]:
    """Pictures with their names.

    Args:
        task: fitted.
        test: the points, and their clusters.
        synthetic: points of the mixture, (M, *shape).
        spec: of the data.
        space: the same points as the clusterer sees them; the codebook of a map can be drawn as points where it sees
            the points themselves.
    """
    assignments = test.outputs[ASSIGNMENTS]
    for method in ("pca", "tsne"):
        yield f"projection_{method}", projection(space, assignments, method=method, seed=test.seed)
    if test.labels is not None:
        yield "confusion", confusion(test.labels, assignments)
    if found := topics_of(test):
        yield "topics", topics_picture(found)
    if clusters_of(assignments):
        if space.columns:
            yield "segments", segments_picture(space.columns, assignments)
        elif spec.kind == "image":
            yield "typical_and_doubtful", standing_picture(test.points, _standing(space, assignments), spec)
    if isinstance(task.estimator, SelfOrganizingMap):
        yield "som_u_matrix", som.u_matrix(task.estimator)
        yield "som_component_planes", som.component_planes(task.estimator)
        if space.is_of_points:
            yield "som_hit_map", som.hit_map(task.estimator, test.points.flatten(1).numpy(), assignments)
            yield "som_grid", som.codebook_grid(task.estimator, spec)


def tables(test: HeldOut, *, space: Space) -> Iterator[tuple[str, pd.DataFrame]]:
    """Of a table with two clusters at least: what tells each from the others, and its typical and doubtful points.

    Args:
        test: the points, and their clusters.
        space: the same points as the clusterer sees them, and their columns.
    """
    assignments = test.outputs[ASSIGNMENTS]
    if space.columns and clusters_of(assignments):
        yield "segments", profile(space.columns, assignments)
        found = _standing(space, assignments)
        yield "segment_points", found.join(written(space.columns, found.pop("row").to_numpy()))


def _standing(space: Space, assignments: NDArray[np.int64]) -> pd.DataFrame:
    return standing(space.real.flatten(1).double().numpy(), assignments)
