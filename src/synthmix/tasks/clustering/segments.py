"""What tells each cluster of held-out points from the others, in the columns and units of the data's own file.

How far a cluster is apart in a column is said by Cliff's delta, from -1 to 1: how much more often one of its points has
the greater value of two, the other being a point outside it, than the smaller one (Cliff 1993). It needs no scale, so
that a few huge amounts rule nothing, and of a level it is the difference of two shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.data.columns import Cells
from synthmix.spec import Column
from synthmix.tasks.clustering.outputs import NOISE

N_SHOWN = 3  # points of a cluster, of either kind
QUARTILES = (0.25, 0.5, 0.75)
UNSEEN = "not in train"
LEAST = 2  # clusters, for one to be apart from another

Numbers = NDArray[np.float64]
Assignments = NDArray[np.int64]


@dataclass(frozen=True)
class Trait:
    """What can be greater in one cluster than in another: a column that has an order, or that a point has a level.

    Attributes:
        column: of the file.
        level: of a boolean or a categorical column; None for a column that has an order.
        values: (N,), in the units of the file; of an ordinal the places of its levels, of a level 0 and 1.
    """

    column: Column
    level: str | None
    values: Numbers

    @property
    def name(self) -> str:
        """In a picture."""
        return self.column.name if self.level is None else f"{self.column.name} = {self.level}"

    def told(self, inside: NDArray[np.bool_]) -> dict[str, float | str | None]:
        """Median and quartiles of some points as the file has them, or the share that has the level."""
        chosen = self.values[inside]
        if self.level is not None:
            return {
                "share_with_level": float(chosen.mean()),
                "median": None,
                "lower_quartile": None,
                "upper_quartile": None,
            }
        ordinal = self.column.kind == "ordinal"
        low, middle, high = np.quantile(chosen, QUARTILES, method="inverted_cdf" if ordinal else "linear")
        said = {"median": middle, "lower_quartile": low, "upper_quartile": high}
        return {"share_with_level": None} | {name: as_in_the_file(self.column, value) for name, value in said.items()}


def traits_of(columns: Sequence[Cells]) -> list[Trait]:
    """The columns that have an order; of others every level that some point has, of two the true one alone."""
    return [trait for cells in columns for trait in _traits(cells)]


def clusters_of(assignments: Assignments) -> list[int]:
    """Their numbers, without noise; none where there is a single one."""
    found: list[int] = np.unique(assignments[assignments != NOISE]).tolist()
    return found if len(found) >= LEAST else []


def without_noise(cells: Cells) -> Numbers:
    """The values; numbers to as many places as single precision has of the greatest, since points are kept in it."""
    values, greatest = cells.values, float(np.abs(cells.values).max())
    if cells.column.kind != "numeric" or greatest == 0:
        return values
    places = math.ceil(-math.log10(greatest * np.finfo(np.float32).eps))
    return np.round(values, places)


def as_in_the_file(column: Column, value: float) -> float | str:
    """One value of `Cells`: the level of its place, a date as a day."""
    if column.levels:
        return level_at(column, int(value))
    if column.kind == "date":
        return str(np.datetime64(int(value), "s").astype("datetime64[D]"))
    whole = column.kind == "integer" and value == int(value)
    return int(value) if whole else float(value) + 0.0  # which makes 0.0 of -0.0


def level_at(column: Column, place: int) -> str:
    """A level; those that train has not seen are one."""
    return column.levels[place] if column.n_seen is None or place < column.n_seen else UNSEEN


def written(columns: Sequence[Cells], rows: NDArray[np.int64]) -> pd.DataFrame:
    """Some of the points as rows of their file."""
    return pd.DataFrame(
        {
            cells.column.name: [as_in_the_file(cells.column, value) for value in without_noise(cells)[rows]]
            for cells in columns
        }
    )


def apart(traits: Sequence[Trait], assignments: Assignments) -> Numbers:
    """Cliff's delta of each trait in each cluster against all points outside it, (traits, clusters)."""
    insides = [assignments == cluster for cluster in clusters_of(assignments)]
    return np.array([[cliffs_delta(trait.values, inside) for inside in insides] for trait in traits])


def cliffs_delta(values: Numbers, inside: NDArray[np.bool_]) -> float:
    """P(inside > outside) - P(inside < outside), of a point of either side; ties count for neither.

    Args:
        values: (N,).
        inside: (N,), some and not all.

    Example:
        >>> cliffs_delta(np.array([1.0, 2.0, 3.0]), np.array([False, False, True]))
        1.0
    """
    from scipy.stats import rankdata

    n_inside = int(inside.sum())
    n_outside = len(values) - n_inside
    u = rankdata(values)[inside].sum() - n_inside * (n_inside + 1) / 2
    return float(2 * u / (n_inside * n_outside) - 1)


def profile(columns: Sequence[Cells], assignments: Assignments) -> pd.DataFrame:
    """A row for each cluster and trait, those that set the cluster apart most first.

    Args:
        columns: of the held-out points, in the units of their file.
        assignments: (N,), -1 for noise.

    Returns:
        `cluster`, `points` in it, their `share` of all, `column`, `level`, `apart` (Cliff's delta against all other
        points), then of the cluster, and of all points with `_of_all` behind the name: `median`, `lower_quartile` and
        `upper_quartile` of a column that has an order, as the file has its values, or `share_with_level`. Empty with
        fewer than two clusters.
    """
    traits, clusters = traits_of(columns), clusters_of(assignments)
    deltas = apart(traits, assignments)
    rows = [
        _row(traits[at], cluster, assignments, float(deltas[at, place]))
        for place, cluster in enumerate(clusters)
        for at in np.argsort(-np.abs(deltas[:, place]), kind="stable")
    ]
    return pd.DataFrame(rows)


def standing(points: Numbers, assignments: Assignments, n_shown: int = N_SHOWN) -> pd.DataFrame:
    """The points that stand for each cluster, and those that are nearly in another.

    Args:
        points: as the clusterer sees them, (N, d).
        assignments: (N,), -1 for noise.
        n_shown: of either kind in a cluster, at most.

    Returns:
        `cluster`, `standing` (typical: nearest to the mean of its cluster; doubtful: greatest `doubt`), `row`, the
        place among the points, `doubt`, the distance to the mean of its cluster as a share of that to the nearest other
        one, above 1 where that one is nearer, and the cluster of that mean, `nearest_other`. Empty with fewer than two
        clusters.
    """
    from scipy.spatial.distance import cdist

    clusters = clusters_of(assignments)
    if not clusters:
        return pd.DataFrame()
    means = np.stack([points[assignments == cluster].mean(axis=0) for cluster in clusters])
    distances = cdist(points, means)
    return pd.DataFrame(
        [row for at in range(len(clusters)) for row in _standing(at, clusters, distances, assignments, n_shown)]
    )


def _standing(
    at: int, clusters: Sequence[int], distances: Numbers, assignments: Assignments, n_shown: int
) -> Iterator[dict[str, Any]]:
    rows = np.flatnonzero(assignments == clusters[at])
    own, others = distances[rows, at], np.delete(distances[rows], at, axis=1)
    doubt = own / np.maximum(others.min(axis=1), np.finfo(np.float64).tiny)
    nearest = np.delete(np.array(clusters), at)[others.argmin(axis=1)]
    for name, order in (("typical", np.argsort(own, kind="stable")), ("doubtful", np.argsort(-doubt, kind="stable"))):
        for place in order[:n_shown]:
            yield {
                "cluster": clusters[at],
                "standing": name,
                "row": int(rows[place]),
                "doubt": float(doubt[place]),
                "nearest_other": int(nearest[place]),
            }


def _traits(cells: Cells) -> Iterator[Trait]:
    column = cells.column
    if column.kind not in ("boolean", "categorical"):
        yield Trait(column, None, without_noise(cells))
        return
    for place in range(1 if column.kind == "boolean" else 0, cells.n_levels):
        has = cells.values == place
        if has.any():
            yield Trait(column, level_at(column, place), has.astype(np.float64))


def _row(trait: Trait, cluster: int, assignments: Assignments, delta: float) -> dict[str, Any]:
    inside = assignments == cluster
    first = {"cluster": cluster, "points": int(inside.sum()), "share": float(inside.mean())}
    of_all = {f"{name}_of_all": value for name, value in trait.told(np.ones_like(inside)).items()}
    return {**first, "column": trait.column.name, "level": trait.level, "apart": delta, **trait.told(inside), **of_all}
