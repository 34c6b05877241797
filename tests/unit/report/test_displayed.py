"""A selection of a study's cells: fewer rows, the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.result import StudyResult
from synthmix.analysis.words.answer import headline
from synthmix.report.displayed import displayed

Study = tuple[StudyResult, Analysis]


def selected(result: StudyResult, condition: pd.Series[bool]) -> tuple[StudyResult, Analysis]:
    chosen = replace(result, shown=frozenset(result.cells.index[condition]))
    return chosen, displayed(analyse(chosen), chosen)


def test_without_a_selection_everything_is_shown(study: Study) -> None:
    assert displayed(study[1], study[0]) is study[1]


def test_rows_of_a_selection_have_the_numbers_of_the_whole_study(study: Study) -> None:
    result, whole = study
    cells = result.cells
    _, shown = selected(result, (cells["model.name"] == "gan") & (cells["clusterer.name"] == "kmeans"))
    mixed = shown.summary[shown.summary["mix.ratio"] > 0]
    assert set(mixed["arm"]) == {"gan"}
    assert set(shown.summary["clusterer.name"]) == {"kmeans"}
    keys = ["clusterer.name", "arm", "mix.ratio"]
    pd.testing.assert_frame_equal(
        mixed.set_index(keys), whole.summary.set_index(keys).loc[pd.MultiIndex.from_frame(mixed[keys])]
    )
    assert "240 cells were selected" in shown.facts[0] or "of the study's 240 cells" in shown.facts[0]


def test_verdicts_keep_their_setting_where_others_are_left_out(study: Study) -> None:
    """k-means is the second setting of the study and the first that is shown."""
    result, _ = study
    _, shown = selected(result, result.cells["clusterer.name"] == "kmeans")
    assert {one.setting for one in shown.verdicts} == {0}
    assert headline(shown).startswith("gan harmed kmeans on identity.")
    assert "gmm" not in headline(shown)


def test_facts_and_warnings_speak_of_what_is_shown(make: Callable[..., Study]) -> None:
    result, whole = make(k_from_labels=frozenset({"gmm", "kmeans"}), untuned=frozenset({"gmm"}))
    assert any(line.startswith("k from the labels: gmm, kmeans look ") for line in whole.facts)
    assert any(line.startswith("gmm on identity: ") for line in whole.warnings)
    _, shown = selected(result, result.cells["clusterer.name"] == "kmeans")
    assert any(line.startswith("k from the labels: kmeans looks ") for line in shown.facts)
    assert not any("gmm" in line for line in [*shown.facts, *shown.warnings])


def test_of_one_ratio_there_is_no_verdict_on_the_other(make: Callable[..., Study]) -> None:
    result, _ = make()
    _, shown = selected(result, result.cells["mix.ratio"] == 1)
    assert {one.ratio for one in shown.verdicts} == {1}
    assert set(shown.summary["mix.ratio"]) == {0, 1}
