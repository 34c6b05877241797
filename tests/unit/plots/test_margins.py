"""The picture of margins says and draws how far the columns are apart."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.data.columns import Cells
from synthmix.plots.margins import margins
from synthmix.spec import Column


def columns(seed: int, shift: float = 0.0) -> list[Cells]:
    rng = np.random.default_rng(seed)
    levels = ("red", "a rather long level", "blue")
    days = 86400.0 * np.rint(18_000 + 100 * rng.normal(size=500))
    return [
        Cells(Column("size $x$", "numeric"), rng.normal(size=500) + shift),
        Cells(Column("colour", "categorical", levels), (rng.random(500) * 3 > 2).astype(float) * 2, 3),
        Cells(Column("day", "date", decimals=0), days),
        Cells(Column("one", "integer"), np.ones(500)),
    ]


def test_each_column_has_a_panel_with_its_distance_and_that_of_real_points() -> None:
    figure = margins(columns(0), columns(1, shift=5.0), columns(2))
    titles = [" ".join(axes.get_title(loc="left").split()) for axes in figure.axes]
    assert titles[0].startswith("size $x$: KS 0.9")
    assert titles[0].endswith(("(real 0.03)", "(real 0.04)", "(real 0.05)", "(real 0.06)"))
    assert titles[1].startswith("colour: TV 0.0")
    assert titles[3] == "one: KS 0.00 (real 0.00)"
    assert not figure.axes[0].title.get_parse_math()
    figure.canvas.draw()


def test_bars_are_the_shares_of_levels_the_commonest_first() -> None:
    real = columns(0)
    figure = margins(real, columns(1), columns(2))
    bars = [bar.get_height() for bar in figure.axes[1].patches]
    shares = np.bincount(real[1].values.astype(int), minlength=3) / 500
    assert bars[:3] == pytest.approx([shares[0], shares[2], 0])
    assert [text.get_text() for text in figure.axes[1].get_xticklabels()] == ["red", "blue", "a rather …"]


def test_no_more_columns_than_can_be_seen() -> None:
    many = [Cells(Column(str(number), "numeric"), np.arange(50.0)) for number in range(100)]
    assert len(margins(many, many, many).axes) == 24
