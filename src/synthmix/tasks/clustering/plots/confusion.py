"""Which classes the clusters are made of."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from torch import Tensor

from synthmix.plots.palette import INK
from synthmix.tasks.clustering.agreement import NOISE, ClusterAccuracy, contingency, match_clusters

CELL = 0.4  # inches
MAX_LEFT_OVER = 10  # unmatched clusters that have a column of their own


def confusion(labels: Tensor, clusters: Tensor | NDArray[np.integer]) -> Figure:
    """Percentage of each class in each cluster, with the clusters matched one to one to classes and in their order.

    Framed cells are the matches, whose points count as right. Behind them stand the clusters that are left over, of
    more than ten the smallest summed up in one column, then the noise of DBSCAN.

    Args:
        labels: class of each point, int64, (N,).
        clusters: cluster of each point, integers, (N,), -1 for noise.
    """
    clusters = torch.as_tensor(clusters).long()
    classes, sizes = np.unique(labels.numpy(), return_counts=True)
    names, counts, matched_rows = _columns(labels, clusters, sizes)
    shares = counts / sizes[:, None]
    figure = Figure(figsize=(CELL * len(names) + 1.2, CELL * len(classes) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    _write_percentages(axes, shares)
    for column, row in enumerate(matched_rows):
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="black", linewidth=1.5))
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(classes)), [str(name) for name in classes])
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[:].set_color("0.85")
    axes.set_xlabel("cluster", color=INK)
    axes.set_ylabel("class", color=INK)
    accuracy = ClusterAccuracy()(clusters, labels).item()
    axes.set_title(f"accuracy {accuracy:.1%}", fontsize="medium", color=INK)
    return figure


def _columns(
    labels: Tensor, clusters: Tensor, sizes: NDArray[np.intp]
) -> tuple[list[str], NDArray[np.int64], NDArray[np.intp]]:
    """Names of the columns, points by class and column, and the rows that the first columns are matched to."""
    counts = contingency(clusters, labels)
    names = np.unique(clusters[clusters != NOISE].numpy()).astype(str)
    rows, matched = match_clusters(counts)
    left_over = np.setdiff1d(np.arange(len(names)), matched)
    left_over = left_over[np.argsort(-counts[:, left_over].sum(axis=0), kind="stable")]
    shown, summed = np.append(matched, left_over[:MAX_LEFT_OVER]), left_over[MAX_LEFT_OVER:]
    headers, table = names[shown].tolist(), [counts[:, shown]]
    if len(summed):
        headers.append(f"+{len(summed)}")
        table.append(counts[:, summed].sum(axis=1, keepdims=True))
    if (clusters == NOISE).any():
        headers.append("noise")
        table.append((sizes - counts.sum(axis=1))[:, None])
    return headers, np.concatenate(table, axis=1), rows


def _write_percentages(axes: Axes, shares: NDArray[np.floating]) -> None:
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize="x-small", color=colour)
