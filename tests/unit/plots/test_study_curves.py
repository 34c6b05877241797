from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthmix.plots.study import ratio_curves


def cells(
    arms: tuple[str, ...] = ("duplicate", "vae"), clusterers: tuple[str, ...] = ("gmm", "kmeans")
) -> pd.DataFrame:
    """Three seeds; ratio 0 is .5 throughout, ratio r of the first arm is .5 + r / 100 on average."""
    return pd.DataFrame(
        {
            "model.name": arm,
            "clusterer.name": clusterer,
            "mix.ratio": float(ratio),
            "seed": seed,
            "cluster/ari": 0.5 if ratio == 0 else 0.5 + ratio / 100 + 0.01 * (seed - 1) + 0.1 * number,
        }
        for number, arm in enumerate(arms)
        for clusterer in clusterers
        for ratio in (0, 1, 4)
        for seed in range(3)
    )


def arm_heights(axes: Axes, arm: str) -> list[float]:
    (bars,) = [container for container in axes.containers if container.get_label() == arm]
    return np.asarray(bars.lines[0].get_ydata()).tolist()


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_panel_for_each_clusterer_and_a_line_for_each_arm() -> None:
    figure = ratio_curves(cells(), "cluster/ari")
    assert [axes.get_title() for axes in figure.axes] == ["gmm", "kmeans"]
    for axes in figure.axes:
        assert arm_heights(axes, "duplicate") == pytest.approx([0.51, 0.54])
        assert arm_heights(axes, "vae") == pytest.approx([0.61, 0.64])
        assert axes.lines[0].get_ydata()[0] == pytest.approx(0.5)
        assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "4"]
    assert legend_of(figure) == ["real only", "duplicate", "vae"]


def test_bars_are_one_standard_deviation_long() -> None:
    axes = ratio_curves(cells(), "cluster/ari").axes[0]
    (bars,) = [container for container in axes.containers if container.get_label() == "duplicate"]
    low, high = bars.lines[2][0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((0.50, 0.52))


def test_representations_have_panels_of_their_own_where_they_differ() -> None:
    table = cells(clusterers=("gmm",))
    both = pd.concat([table.assign(**{"representation.name": name}) for name in ("identity", "pca")])
    assert [axes.get_title() for axes in ratio_curves(both, "cluster/ari").axes] == ["gmm on identity", "gmm on pca"]


def test_an_arm_without_a_score_is_left_out_where_it_has_none() -> None:
    table = cells()
    table.loc[(table["clusterer.name"] == "gmm") & (table["model.name"] == "vae"), "cluster/ari"] = np.nan
    figure = ratio_curves(table, "cluster/ari")
    assert [container.get_label() for container in figure.axes[0].containers] == ["duplicate"]
    assert legend_of(figure) == ["real only", "duplicate", "vae"]


@pytest.mark.parametrize("rows", ["seed == 0", "`mix.ratio` == 0", "`mix.ratio` > 0"])
def test_parts_of_a_study_can_be_drawn(rows: str) -> None:
    ratio_curves(cells().query(rows), "cluster/ari").canvas.draw()
