"""A sequential study is judged by tests and intervals of its own, and page and paper must describe those."""

from __future__ import annotations

from collections.abc import Callable

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.report.latex import summary_tex
from synthmix.report.page import page

Make = Callable[..., tuple[StudyResult, Analysis]]


def test_each_design_has_its_own_words(make: Make) -> None:
    planned, sequential = make(), make(sequential=True)
    html, tex = page(*planned, []), summary_tex(planned[1])
    assert "Step-down maximum of t" in html
    assert "step-down sign-flip test" in tex
    assert "e-process" not in html
    html, tex = page(*sequential, []), summary_tex(sequential[1])
    assert "e-process that bets on the" in html
    assert "confidence sequences" in tex
    assert "Step-down" not in html
    assert "step-down" not in tex
