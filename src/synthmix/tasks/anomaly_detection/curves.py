"""How well an order of points tells anomalies from normal points."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

from synthmix.plots.palette import INK, SYNTHETIC


def receiver_operating_curve(anomalous: NDArray[Any], normality: NDArray[Any]) -> Figure:
    """Share of anomalies found against share of normal points flagged, over all thresholds.

    Args:
        anomalous: bool, (N,), both kinds among them.
        normality: (N,): the larger, the more normal.
    """
    false_alarms, found, _ = roc_curve(anomalous, -normality)
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    axes.plot(false_alarms, found, color=SYNTHETIC)
    axes.set_xlabel("normal points flagged")
    axes.set_ylabel("anomalies found")
    axes.set_title(f"area {auc(false_alarms, found):.3f}, {int(anomalous.sum())} anomalies among {len(anomalous)}")
    axes.set_aspect("equal")
    return figure
