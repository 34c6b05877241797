"""What tells each cluster from the others: a heat map of columns, and the points that stand for it or nearly do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.columns import Cells
from synthmix.notation import general
from synthmix.plots.palette import DIVERGING, INK
from synthmix.plots.panels import FONT_SIZE
from synthmix.plots.samples import image_sheets
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.segments import N_SHOWN, Trait, apart, clusters_of, traits_of

MOST_TRAITS = 30  # that tell some cluster most
BOLD = 3  # traits of a cluster
DARK = 0.6  # from which letters are white
LONGEST = 34  # letters of a name

Numbers = NDArray[np.float64]
Assignments = NDArray[np.int64]


def segments_picture(columns: Sequence[Cells], assignments: Assignments) -> Figure:
    """A heat map of what is apart in which cluster; columns, and clusters, that are alike are neighbours.

    Args:
        columns: of the held-out points, in the units of their file.
        assignments: (N,), of two clusters at least, -1 for noise.
    """
    traits, clusters = traits_of(columns), clusters_of(assignments)
    deltas = apart(traits, assignments)
    told = np.argsort(-np.abs(deltas).max(axis=1), kind="stable")[:MOST_TRAITS]
    rows, across = told[ordered(deltas[told])], ordered(deltas[told].T)
    figure = Figure(figsize=(2.6 + 1.05 * len(across), 1.3 + 0.27 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(deltas[np.ix_(rows, across)], cmap=f"{DIVERGING}_r", vmin=-1, vmax=1, aspect="auto")
    for place, at in enumerate(across):
        _write(axes, place, [traits[row] for row in rows], deltas[rows, at], assignments == clusters[at])
    insides = [assignments == clusters[at] for at in across]
    named = [f"cluster {clusters[at]}\n{inside.sum()} points" for at, inside in zip(across, insides, strict=True)]
    axes.set_xticks(range(len(named)), named, fontsize=FONT_SIZE, color=INK)
    axes.set_yticks(range(len(rows)), [_short(traits[row].name) for row in rows], fontsize=FONT_SIZE, color=INK)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=18)
    bar.set_label("apart from all other points (Cliff's delta)", fontsize=FONT_SIZE, color=INK)
    bar.outline.set_visible(False)
    more = f"; {len(traits) - len(rows)} further ones are in the table" if len(traits) > len(rows) else ""
    figure.supxlabel(
        f"median, or share with a level; bold: what sets it apart most{more}", fontsize=FONT_SIZE, color=INK
    )
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a dollar sign in a name is what it is
    return figure


def ordered(rows: Numbers) -> NDArray[np.intp]:
    """An order of rows (N, d) in which neighbours are alike: the leaves of their average linkage, turned for it."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(rows) < 3:
        return np.arange(len(rows))
    return np.asarray(leaves_list(linkage(rows, method="average", optimal_ordering=True)), dtype=np.intp)


def standing_picture(points: Tensor, found: pd.DataFrame, spec: DataSpec) -> Figure:
    """The images of each cluster that are typical of it, and beside them those that are most doubtful.

    Args:
        points: held-out images, (N, C, H, W).
        found: of `segments.standing`.
        spec: of the images.
    """
    clusters = found["cluster"].unique().tolist()
    groups = {
        str(kind): torch.cat([_padded(points, of_kind[of_kind["cluster"] == cluster]) for cluster in clusters])
        for kind, of_kind in found.groupby("standing", sort=False)
    }
    return image_sheets(groups, spec, columns=N_SHOWN, rows=[str(cluster) for cluster in clusters])


def _padded(points: Tensor, rows: pd.DataFrame) -> Tensor:
    """The images of a row of a sheet, and empty places after them."""
    images = points[rows["row"].tolist()]
    return torch.cat([images, torch.full((N_SHOWN - len(images), *images.shape[1:]), torch.nan)])


def _write(axes: Axes, place: int, traits: Sequence[Trait], deltas: Numbers, inside: NDArray[np.bool_]) -> None:
    telling = np.argsort(-np.abs(deltas), kind="stable")[:BOLD]
    for row, trait in enumerate(traits):
        axes.text(
            place,
            row,
            _number(trait, inside),
            ha="center",
            va="center",
            fontsize=FONT_SIZE - 1,
            fontweight="bold" if row in telling else "normal",
            color="white" if abs(deltas[row]) > DARK else "0.15",
        )


def _number(trait: Trait, inside: NDArray[np.bool_]) -> str:
    told = trait.told(inside)
    if trait.level is not None:
        return f"{100 * float(told['share_with_level'] or 0):.0f} %"
    middle = told["median"]
    if isinstance(middle, str):
        return _short(middle)
    return f"{middle:,.0f}" if middle is not None and abs(middle) >= 100 else general(round(float(middle or 0), 2))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
