"""The picture of a choice: every candidate is in it, and the right ones are marked."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthmix.generators.selection import Candidate, Selection
from synthmix.plots.selection import selection_curves

CANDIDATES = (
    Candidate(1, "full", 10.0, 12.0, -5.0),
    Candidate(2, "full", 8.0, 11.0, -4.5),
    Candidate(1, "diag", 9.0, 9.5, -4.8),
    Candidate(2, "diag", 8.5, 10.5, -4.0),
    Candidate(30, "diag", 7.0, 30.0, -9.0),
)


def figure(select_by: str = "bic") -> Figure:
    return selection_curves(Selection(CANDIDATES, select_by))  # type: ignore[arg-type]


def marks(axes: Axes, marker: str) -> list[tuple[float, float]]:
    """The single points that bear this marker."""
    lines = [line for line in axes.lines if line.get_marker() == marker and len(line.get_xydata()) == 1]
    return [tuple(np.asarray(line.get_xydata())[0]) for line in lines]


def test_each_panel_has_a_line_for_each_shape_with_all_its_candidates() -> None:
    for axes, criterion in zip(figure().axes, ("aic", "bic", "cv_log_likelihood"), strict=True):
        drawn = [np.asarray(line.get_xydata()).tolist() for line in axes.lines if len(line.get_xydata()) > 1]
        for shape in ("full", "diag"):
            of_shape = [c for c in CANDIDATES if c.shape == shape]
            assert [[c.n_components, getattr(c, criterion)] for c in of_shape] in drawn


def test_the_best_by_each_criterion_is_ringed_and_named() -> None:
    aic, bic, k_fold = figure().axes
    assert (marks(aic, "o"), marks(bic, "o"), marks(k_fold, "o")) == ([(30, 7.0)], [(1, 9.5)], [(2, -4.0)])
    titles = [axes.get_title(loc="left") for axes in (aic, bic, k_fold)]
    assert titles == ["AIC: 30 diag", "BIC: 1 diag", "k-fold likelihood: 2 diag"]


@pytest.mark.parametrize(("select_by", "chosen"), [("aic", 4), ("bic", 2), ("cv_log_likelihood", 3)])
def test_the_chosen_candidate_has_a_star_in_each_panel(select_by: str, chosen: int) -> None:
    one = CANDIDATES[chosen]
    for axes, value in zip(figure(select_by).axes, (one.aic, one.bic, one.cv_log_likelihood), strict=True):
        assert marks(axes, "*") == [(one.n_components, value)]


def test_numbers_of_components_do_not_cover_one_another() -> None:
    candidates = tuple(Candidate(k, "tied", 1.0, 1.0, 1.0) for k in (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30))
    (axes, *_) = selection_curves(Selection(candidates, "aic")).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3", "5", "8", "15", "30"]


def test_the_legend_explains_lines_and_marks() -> None:
    (legend,) = figure().legends
    assert [text.get_text() for text in legend.get_texts()] == ["full", "diag", "best by this criterion", "chosen"]
