"""The picture of mean ranks."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from synthmix.plots.critical_difference import critical_difference
from synthmix.plots.panels import Picture

ARMS = ["vae", "gan", "real points alone, tuned without labels", "smote", "jitter", "duplicate", "gaussian"]
MEAN = [1.5, 1.5, 3.4, 4.0, 4.6, 5.9, 6.5]
GROUPS = [(0, 2), (1, 4), (3, 6)]


def picture(critical: float = 2.6) -> Picture:
    return critical_difference(ARMS, MEAN, GROUPS, critical=critical, p=0.0004, data_sets=12)


def drawn(shown: Picture) -> Axes:
    FigureCanvasAgg(shown.figure).draw()
    return shown.figure.axes[0]


def test_each_arm_hangs_at_its_rank_beside_its_name() -> None:
    axes = drawn(picture())
    hung = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert [list(line.get_xdata()[:2]) for line in hung] == [[rank, rank] for rank in MEAN]
    heights = [float(line.get_ydata()[-1]) for line in hung]  # downward; no line crosses another
    assert heights[:4] == sorted(heights[:4])
    assert heights[4:] == sorted(heights[4:], reverse=True)
    assert min(heights) == heights[-1] == heights[0]
    for line, arm, rank in zip(hung, ARMS, MEAN, strict=True):
        text = names_at(axes, line)
        assert f"{rank:.2f}" in text
        assert arm[:30] in text


def names_at(axes: Axes, line: object) -> str:
    x, y = line.get_xdata()[-1], line.get_ydata()[-1]
    (text,) = [t.get_text() for t in axes.texts if hasattr(t, "xy") and t.xy == (x, y)]
    return text


def test_bars_span_the_groups_and_stand_apart() -> None:
    bars = [line for line in drawn(picture()).lines if line.get_linewidth() == 4]
    for bar, (first, last) in zip(bars, GROUPS, strict=True):
        low, high = bar.get_xdata()
        assert MEAN[first] - 0.1 <= low < MEAN[first]
        assert MEAN[last] < high <= MEAN[last] + 0.1
    assert len({bar.get_ydata()[0] for bar in bars}) == len(GROUPS)


def test_the_critical_difference_is_drawn_to_scale_where_it_fits() -> None:
    axes = drawn(picture())
    (bracket,) = [line for line in axes.lines if len(line.get_xdata()) == 6]
    assert list(bracket.get_xdata()) == pytest.approx([1, 1, 1, 3.6, 3.6, 3.6])
    too_long = drawn(picture(critical=6.4))
    assert not [line for line in too_long.lines if len(line.get_xdata()) == 6]
    assert "more than the ranks can differ by" in " ".join(text.get_text() for text in too_long.texts)


def test_texts_do_not_cover_one_another_nor_leave_the_page() -> None:
    shown = picture()
    boxes = [text.get_window_extent() for text in drawn(shown).texts]
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
    page = shown.figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)


def test_names_stand_outside_of_the_lines() -> None:
    axes = drawn(picture())
    for text in [text for text in axes.texts if hasattr(text, "xy")]:
        end, box = axes.transData.transform(text.xy)[0], text.get_window_extent()
        assert box.x1 < end if text.xy[0] < 1 else box.x0 > end


def test_words_tell_ranks_and_groups() -> None:
    shown = picture()
    assert shown.title == "Mean rank of each arm over 12 data sets"
    assert "gaussian 6.50" in shown.alt
    assert "Not told apart: vae, gan, real points alone, tuned without labels; gan, " in shown.alt
    assert "p < 0.001" in shown.caption
    apart = critical_difference(["a", "b"], [1, 2], [], critical=0.4, p=0.012, data_sets=30)
    assert "All are told apart." in apart.alt
    assert "p = 0.012" in apart.caption
