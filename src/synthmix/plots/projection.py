"""Two-dimensional pictures of real points, synthetic points and clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor

from synthmix.plots.palette import INK, REAL, SYNTHETIC, colours
from synthmix.plots.space import Space
from synthmix.seeds import derive_seed, generator_for

MAX_POINTS = 2000  # shown, half of them synthetic where there are any
NAMED_CLUSTERS = 30  # more numbers than that cover one another
TSNE_INPUTS = 50  # principal components that t-SNE starts from (van der Maaten and Hinton 2008)

_Array = NDArray[np.floating[Any]]


def projection(
    space: Space,
    clusters: ArrayLike,
    *,
    method: Literal["pca", "tsne"] = "pca",
    seed: int,
    word: str = "cluster",
) -> Figure:
    """Real and synthetic points on one panel, the real ones by cluster on the other.

    Args:
        space: held-out and synthetic points; without synthetic ones there is the second panel only. The picture says
            which space it is.
        clusters: of the real points, integers, (N,); -1 is noise, drawn as black crosses.
        method: `pca`, fitted on the real points, or `tsne`, fitted on all points shown: a picture of neighbourhoods,
            in which distances between groups mean nothing.
        seed: of the choice of points and of t-SNE.
        word: for one of the groups that `clusters` numbers, in the title.
    """
    real, synthetic = space.real, space.synthetic
    share = MAX_POINTS // 2 if len(synthetic) else MAX_POINTS
    chosen, drawn = _choose(len(real), share, seed, "real"), _choose(len(synthetic), share, seed, "synthetic")
    shown = real[chosen].flatten(1).numpy(), synthetic[drawn].flatten(1).numpy()
    real_places, synthetic_places = (_pca if method == "pca" else _tsne)(*shown, seed)
    panels = 2 if len(synthetic) else 1
    figure = Figure(figsize=(4.6 * panels, 4.6), layout="constrained")
    *comparison, by_cluster = figure.subplots(1, panels, squeeze=False, sharex=True, sharey=True)[0]
    for axes in comparison:
        _draw_comparison(axes, real_places, synthetic_places)
    _draw_clusters(by_cluster, real_places, np.asarray(clusters)[chosen.numpy()], word)
    for axes in (*comparison, by_cluster):
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("0.85")
    axis = {"pca": "two principal components", "tsne": "t-SNE"}[method]
    figure.supxlabel(f"{axis} of {space.words}", fontsize="small", color=INK)
    return figure


def side_by_side(spaces: Mapping[str, ArrayLike], groups: ArrayLike, *, seed: int, word: str) -> Figure:
    """The same points in several spaces, a panel and a t-SNE of its own for each.

    Args:
        spaces: rows (N, d) of the same N points by what they are called.
        groups: of the points, integers, (N,), by which they are coloured.
        seed: of the choice of points and of t-SNE.
        word: for one of the groups.
    """
    groups = np.asarray(groups)
    chosen = _choose(len(groups), MAX_POINTS, seed, "real").numpy()
    figure = Figure(figsize=(4.6 * len(spaces), 4.9), layout="constrained")
    for axes, (name, rows) in zip(figure.subplots(1, len(spaces), squeeze=False)[0], spaces.items(), strict=True):
        points = np.asarray(rows, dtype=np.float64)[chosen]
        places, _ = _tsne(points, points[:0], seed)
        _draw_clusters(axes, places, groups[chosen], word)
        axes.set_title(name, fontsize="medium", color=INK)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("0.85")
    figure.supxlabel(f"t-SNE of each, {len(chosen)} held-out points by {word}", fontsize="small", color=INK)
    return figure


def _choose(n: int, share: int, seed: int, name: str) -> Tensor:
    return torch.randperm(n, generator=generator_for(seed, "projection", name))[:share]


def _pca(real: _Array, synthetic: _Array, seed: int) -> tuple[_Array, _Array]:
    real, synthetic = _plane(real), _plane(synthetic)
    pca = PCA(2, random_state=0).fit(real)
    return pca.transform(real), pca.transform(synthetic) if len(synthetic) else synthetic[:, :2]


def _plane(points: _Array) -> _Array:
    """The same points in at least two dimensions."""
    return np.pad(points, ((0, 0), (0, 1))) if points.shape[1] == 1 else points


def _tsne(real: _Array, synthetic: _Array, seed: int) -> tuple[_Array, _Array]:
    everything = _plane(np.concatenate([real, synthetic]))
    if everything.shape[1] > TSNE_INPUTS:
        everything = PCA(min(TSNE_INPUTS, len(everything)), random_state=0).fit_transform(everything)
    perplexity = min(30.0, (len(everything) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=derive_seed(seed, "tsne") % 2**32)
    places = tsne.fit_transform(everything)
    return places[: len(real)], places[len(real) :]


def _draw_comparison(axes: Axes, real: _Array, synthetic: _Array) -> None:
    """As many points of one kind as of the other, in turns, so that neither covers the other."""
    n = min(len(real), len(synthetic))
    places = np.stack([real[:n], synthetic[:n]], axis=1).reshape(-1, 2)
    axes.scatter(places[:, 0], places[:, 1], s=9, color=[REAL, SYNTHETIC] * n, alpha=0.6, linewidths=0)
    handles = [Line2D([], [], color=colour, marker="o", linestyle="") for colour in (REAL, SYNTHETIC)]
    axes.legend(
        handles,
        ["real", "synthetic"],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
        frameon=False,
        borderpad=0,
    )


def _within(places: _Array) -> _Array:
    """The one of these points that is nearest to their median, which of two lobes lies between them."""
    nearest: _Array = places[np.square(places - np.median(places, axis=0)).sum(1).argmin()]
    return nearest


def _draw_clusters(axes: Axes, places: _Array, clusters: NDArray[np.integer], word: str) -> None:
    names, sizes = np.unique(clusters[clusters >= 0], return_counts=True)
    for name, colour in zip(names, colours(len(names)), strict=True):
        x, y = places[clusters == name].T
        axes.scatter(x, y, s=9, color=colour, alpha=0.8, linewidths=0)
    noise = places[clusters < 0]
    axes.scatter(noise[:, 0], noise[:, 1], s=9, color="black", marker="x", linewidths=0.6)
    box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    for name in names[np.argsort(-sizes)[:NAMED_CLUSTERS]]:
        x, y = _within(places[clusters == name])
        axes.text(x, y, str(name), ha="center", va="center", bbox=box)
    share = f", {len(noise) / len(clusters):.0%} noise" if len(noise) else ""
    plural = "" if len(names) == 1 else "s"
    axes.set_title(f"real points in {len(names)} {word}{plural}{share}", fontsize="medium", color=INK)
