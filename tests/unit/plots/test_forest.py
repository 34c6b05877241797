"""The forest plot: what stands where, and that it can be read."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from synthmix.plots.forest import LOOKS, Panel, forest

VERDICTS = [
    "helps",
    "helps as copies do",
    "helps as tuning does",
    "harms",
    "equivalent",
    "undecided (9 more seeds)",
    "",
]


def lines(verdicts: list[str] = VERDICTS) -> pd.DataFrame:
    rows = [
        {
            "arm": f"a generator with a long name {number // 2}",
            "mix.ratio": [0.5, 4.0][number % 2],
            "difference": 0.01 * number - 0.03,
            "difference_low": 0.01 * number - 0.05,
            "difference_high": 0.01 * number,
            "verdict": verdict,
        }
        for number, verdict in enumerate(verdicts)
    ]
    return pd.DataFrame(rows)


def drawn(figure: Figure) -> list[Axes]:
    FigureCanvasAgg(figure).draw()
    return figure.axes


def marks(axes: Axes) -> list[tuple[float, str, str, str]]:
    """x, marker, colour and inside of every effect, from the top."""
    points = [line for line in axes.lines if line.get_marker() != "None" and len(line.get_xdata()) == 1]
    return [
        (float(p.get_xdata()[0]), str(p.get_marker()), str(p.get_color()), str(p.get_markerfacecolor()))
        for p in sorted(points, key=lambda p: p.get_ydata()[0])
    ]


def vertical(axes: Axes) -> dict[float, str]:
    """Lines from bottom to top, by their place."""
    return {
        float(x[0]): str(line.get_linestyle())
        for line in axes.lines
        if (x := line.get_xdata())[0] == x[-1] and len(x) == 2
    }


def test_each_line_has_its_effect_interval_and_words() -> None:
    (axes,) = drawn(forest([Panel(title="k_means", lines=lines(), margin=0.02)], "ari").figure)
    assert [mark[0] for mark in marks(axes)] == pytest.approx(lines()["difference"])
    segments = [path.vertices[:, 0].tolist() for c in axes.collections for path in c.get_paths()]
    expected = lines()[["difference_low", "difference_high"]].to_numpy().tolist()
    assert segments == [pytest.approx(ends) for ends in expected]
    texts = [text.get_text() for text in axes.texts]
    assert texts[0] == "−0.030 [−0.050, 0.000]  helps"
    assert texts[-1] == "+0.030 [+0.010, +0.060]"
    assert axes.get_yticklabels()[1].get_text() == "a generator with a long name 0, ratio 4"
    assert list(axes.get_yticks()) == sorted(axes.get_yticks())
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first line is at the top


def test_the_margin_is_shaded_around_zero_and_both_baselines_are_marked() -> None:
    panel = Panel(title="gmm", lines=lines(), margin=0.02, as_configured=-0.07)
    (axes,) = drawn(forest([panel], "ari").figure)
    (shade,) = axes.patches
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == pytest.approx((-0.02, 0.02))
    assert vertical(axes) == {0.0: "-", -0.07: "--"}
    assert axes.get_xlabel() == "difference in ari to the tuned baseline (higher is better)"
    assert axes.get_yticklabels()[-1].get_text() == "as configured, ratio 0"
    assert axes.texts[-1].get_text() == "−0.070"


def test_without_tuning_there_is_one_baseline() -> None:
    picture = forest([Panel(title="gmm", lines=lines(), margin=0.02)], "held_out_loss", higher_is_better=False)
    (axes,) = drawn(picture.figure)
    assert vertical(axes) == {0.0: "-"}
    assert axes.get_xlabel() == "difference in held_out_loss to ratio 0 (lower is better)"
    assert "dashed" not in picture.caption
    assert "configured" not in " ".join(t.get_text() for t in picture.figure.legends[0].get_texts())


@pytest.mark.parametrize("value", [-0.6, 0.6])
def test_a_baseline_far_off_is_an_arrow_and_leaves_the_scale_to_the_arms(value: float) -> None:
    figure = forest([Panel(title="gmm", lines=lines(), margin=0.02, as_configured=value)], "ari").figure
    (axes,) = drawn(figure)
    low, high = axes.get_xlim()
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "real points alone, as configured (off the scale)" in names
    assert "real points alone, as configured" not in names  # no line of which there is none
    assert -0.07 < low < high < 0.08
    assert marks(axes)[-1][:2] == ((low, "<") if value < 0 else (high, ">"))
    assert axes.texts[-1].get_text() == ("−0.600  off the scale" if value < 0 else "+0.600  off the scale")


def test_verdicts_differ_in_mark_and_in_colour() -> None:
    (axes,) = drawn(forest([Panel(title="gmm", lines=lines(), margin=0.02)], "ari").figure)
    looks = [mark[1:] for mark in marks(axes)]
    assert looks[1] == looks[2]  # as copies, as tuning
    assert len({look[0] for look in looks}) == len({look[1] for look in looks}) == len(LOOKS) == 6


def test_the_legend_names_what_is_there() -> None:
    figure = forest([Panel(title="gmm", lines=lines(["harms", "undecided"]), margin=0.02)], "ari").figure
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["margin ±0.02", "real points alone", "harms", "undecided"]


def test_texts_do_not_cover_one_another_nor_leave_the_page() -> None:
    panels = [
        Panel(title="gmm on pca", lines=lines(), margin=0.02, as_configured=-0.5),
        Panel(title="k_means on pca", lines=lines(["harms", "", "equivalent"]), margin=0.03, as_configured=0.01),
    ]
    figure = forest(panels, "ari").figure
    drawn(figure)
    texts = [text for axes in figure.axes for text in [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels()]]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
    page = figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)


def test_the_text_for_those_who_do_not_see_it_has_every_verdict() -> None:
    panel = Panel(title="gmm", lines=lines(["harms", "", "equivalent"]), margin=0.02, as_configured=-0.07)
    alt = forest([panel], "ari").alt
    assert "gmm (margin ±0.020, as configured −0.070)" in alt
    assert "long name 0 at ratio 0.5 −0.030 [−0.050, 0.000] (harms)" in alt
    assert "long name 1 at ratio 0.5 −0.010 [−0.030, +0.020] (equivalent)" in alt


def test_a_setting_without_an_arm_is_drawn() -> None:
    (axes,) = drawn(
        forest(
            [Panel(title="gmm", lines=lines([]).reindex(columns=lines().columns), margin=0.02, as_configured=0.01)],
            "ari",
        ).figure
    )
    assert vertical(axes) == {0.0: "-", 0.01: "--"}
