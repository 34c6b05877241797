"""Learning curve, quality against benefit, and heat map of a study."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from synthmix.plots.heat_map import heat_map
from synthmix.plots.learning_curve import learning_curves
from synthmix.plots.quality import quality_against_benefit

NAN = math.nan
Exchange = tuple[str, float, float, float]
IDENTIFIED: Exchange = ("identified", 0.25, 0.2, 0.3)


def row(arm: str, ratio: float, effect: float, exchange: Exchange = IDENTIFIED, **more: Any) -> dict[str, Any]:
    roles = {"duplicate": "placebo", "jitter": "control", "real": "oracle"}
    status, value, low, high = exchange
    return {
        "arm": arm,
        "role": roles.get(arm, "generator") if ratio else "baseline",
        "data.n_train": 100,
        "mix.ratio": ratio,
        "mean": 0.5 + effect,
        "difference": effect,
        "p_adjusted": 0.5,
        "exchange": value,
        "exchange_low": low,
        "exchange_high": high,
        "exchange_status": status,
        "fd": 0.2,
    } | more


def curve() -> pd.DataFrame:
    points = [
        (50, "real only", 0.4, 0.41),
        (100, "real only", 0.5, 0.5),
        (200, "oracle", 0.6, 0.6),
        (500, "oracle", 0.7, 0.69),
    ]
    return pd.DataFrame(
        [
            {"n": n, "source": source, "mean": mean, "low": mean - 0.02, "high": mean + 0.02, "fitted": fitted}
            for n, source, mean, fitted in points
        ]
    )


def segments(axes: Axes, height: float) -> list[list[float]]:
    """The horizontal lines at a height."""
    return [
        sorted(np.asarray(line.get_xdata(), dtype=float))
        for line in axes.lines
        if len(line.get_ydata()) == 2 and np.allclose(line.get_ydata(), height)
    ]


def drawn(*summary: dict[str, Any]) -> Axes:
    (axes,) = learning_curves({"gmm": (pd.DataFrame(summary), curve())}, "ari").figure.axes
    return axes


def test_the_curve_has_its_points_by_source_and_its_fit() -> None:
    axes = drawn(row("vae", 4, 0.1))
    places = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]
    assert ([50, 100, 200, 500], [0.41, 0.5, 0.6, 0.69]) in places
    assert ([50, 100], [0.4, 0.5]) in places
    assert ([200, 500], [0.6, 0.7]) in places
    assert axes.get_xscale() == "log"


def test_an_arm_stands_at_n_and_reaches_to_what_it_is_worth() -> None:
    """With n = 100, ratio 4 and a rate of .25 that is 100 + .25 · 400 = 200 real points."""
    axes = drawn(row("vae", 1, 0.05), row("vae", 4, 0.1))
    assert segments(axes, 0.6) == [[100, 200]]
    assert [text.get_text() for text in axes.texts] == ["vae ×4\n0.25 [0.20, 0.30]"]


def test_harm_reaches_to_the_left_and_a_bound_is_dotted() -> None:
    axes = drawn(row("gan", 4, -0.1, ("at most", -0.125, NAN, NAN)))
    assert segments(axes, 0.4) == [[50, 100]]
    (line,) = [line for line in axes.lines if len(line.get_ydata()) == 2 and np.allclose(line.get_ydata(), 0.4)]
    assert line.get_linestyle() == ":"
    assert "≤ −0.12" in axes.texts[0].get_text() or "≤ −0.13" in axes.texts[0].get_text()


def test_what_is_not_identified_reaches_nowhere() -> None:
    axes = drawn(row("vae", 4, 0.1, ("not identified", NAN, NAN, NAN)))
    assert segments(axes, 0.6) == []
    assert axes.texts[0].get_text() == "vae ×4\nnot identified"


def test_the_placebo_is_placed_and_other_controls_are_not() -> None:
    axes = drawn(row("vae", 4, 0.1), row("duplicate", 4, 0.0), row("jitter", 4, 0.02), row("real", 4, 0.2))
    names = sorted(text.get_text().split(" ×")[0] for text in axes.texts)
    assert names == ["duplicate (placebo)", "vae"]


def test_the_study_s_own_size_is_numbered_and_numbers_do_not_touch() -> None:
    many = pd.concat([curve(), curve().assign(n=[95, 105, 110, 120])])
    (axes,) = learning_curves({"gmm": (pd.DataFrame([row("vae", 4, 0.1)]), many)}, "ari").figure.axes
    ticks = sorted(axes.get_xticks())
    assert 100 in ticks
    assert min(np.diff(np.log(ticks))) > math.log(1.35)


def test_the_words_of_the_curve_have_its_ends_and_the_rates() -> None:
    picture = learning_curves({"gmm": (pd.DataFrame([row("vae", 4, 0.1)]), curve())}, "ari")
    assert "goes from 0.400 with 50 to 0.700 with 500" in picture.alt
    assert "0.25 [0.20, 0.30] (vae, gmm)" in picture.alt


def test_each_ratio_stands_at_its_quality_and_benefit() -> None:
    table = pd.DataFrame(
        [row("vae", 0, NAN), row("vae", 1, 0.05), row("vae", 4, 0.1, p_adjusted=0.01), row("gan", 1, -0.1, fd=2.0)]
    )
    picture = quality_against_benefit({"gmm": table}, "ari")
    (axes,) = picture.figure.axes
    marks = [line for line in axes.lines if len(line.get_xdata()) == 1 and line.get_marker() not in (None, "None")]
    found = {(float(line.get_xdata()[0]), float(line.get_ydata()[0])): line for line in marks}
    assert set(found) == {(0.2, 0.05), (0.2, 0.1), (2.0, -0.1)}
    assert found[0.2, 0.1].get_markersize() > found[0.2, 0.05].get_markersize()
    assert found[0.2, 0.05].get_markerfacecolor() == "white" != found[0.2, 0.1].get_markerfacecolor()
    assert axes.get_xscale() == "log"
    assert "vae: distance 0.2, differences in ari from +0.050 to +0.100" in picture.alt


@pytest.fixture
def sizes() -> pd.DataFrame:
    return pd.DataFrame(
        [
            row(arm, ratio, effect * ratio * n / 100, **{"data.n_train": n, "p_adjusted": 0.01 if n == 200 else 0.9})
            for arm, effect in (("vae", 0.1), ("duplicate", -0.01), ("real", 0.9))
            for n in (50, 200)
            for ratio in (0.5, 1, 4)
        ]
    )


def test_heat_map_has_ratio_across_and_size_up_on_one_scale(sizes: pd.DataFrame) -> None:
    figure = heat_map(sizes, "ari", "gmm", "heat_map_gmm").figure
    vae, duplicate, bar = figure.axes
    assert [vae.get_title(loc="left"), duplicate.get_title(loc="left")] == ["vae", "duplicate (placebo)"]
    image = np.asarray(vae.images[0].get_array())
    np.testing.assert_allclose(image, [[0.025, 0.05, 0.2], [0.1, 0.2, 0.8]])
    assert vae.images[0].get_clim() == duplicate.images[0].get_clim() == pytest.approx((-0.8, 0.8))
    assert [label.get_text() for label in vae.get_xticklabels()] == ["0.5", "1", "4"]
    assert [label.get_text() for label in vae.get_yticklabels()] == ["50", "200"]
    assert "difference" in bar.get_ylabel()


def test_heat_map_writes_its_values_and_stars_what_is_significant(sizes: pd.DataFrame) -> None:
    picture = heat_map(sizes, "ari", "gmm", "heat_map_gmm")
    texts = {text.get_position(): text.get_text() for text in picture.figure.axes[0].texts}
    assert texts[2, 1] == "+0.80*"
    assert texts[2, 0] == "+0.20"
    assert "to +0.800 (vae at ratio 4 with 200 real points)" in picture.alt


def test_a_size_that_an_arm_lacks_is_left_blank(sizes: pd.DataFrame) -> None:
    part = sizes[(sizes["arm"] != "duplicate") | (sizes["data.n_train"] == 50)]
    duplicate = heat_map(part, "ari", "gmm", "x").figure.axes[1]
    assert np.isnan(np.ma.filled(duplicate.images[0].get_array(), np.nan)[1]).all()
    assert len(duplicate.texts) == 3
