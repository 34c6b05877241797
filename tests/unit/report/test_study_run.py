"""The description of a study's run."""

from __future__ import annotations

from collections.abc import Callable

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.report.study_run import LONGEST_NOTE, described

Make = Callable[..., tuple[StudyResult, Analysis]]


CONTROLS = {"duplicate": (0.0, 0.0), "real": (0.1, 0.1)}


def test_a_description_says_what_each_arm_comes_to(make: Make) -> None:
    text = described(make({("kmeans", arm): both for arm, both in {**CONTROLS, "vae": (0.0, 0.0)}.items()})[1])
    assert text.startswith("**")
    assert "- vae, ratio 1: " in text
    assert text.endswith("the artifact `report/index.html`.")


def test_a_description_that_a_tracker_would_cut_leaves_whole_settings_out(make: Make) -> None:
    arms = {**CONTROLS, **{f"gan{number}": (0.0, 0.0) for number in range(30)}}
    both = {(learner, arm): some for learner in ("kmeans", "gmm", "som") for arm, some in arms.items()}
    text = described(make(both)[1])
    assert len(text) < LONGEST_NOTE + 1000
    assert text.endswith("the artifact `report/index.html`.")
    assert "gmm on identity\n" in text
    assert "som on identity\n" not in text
