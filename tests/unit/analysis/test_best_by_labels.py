"""What labels would have picked, from candidates that are written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.analysis.words.answer import answers

Make = Callable[..., tuple[StudyResult, Analysis]]
ARMS = {("kmeans", "gan"): (0.1, 0.2), ("kmeans", "duplicate"): (0.0, 0.0)}
BLOCK = {"clusterer.name": "kmeans", "representation.name": "identity", "data.name": "digits"}
# Scores by candidate and seed: b has the best mean, c the best single score; a is what tuning picked but for seed 1.
SCORES = {"a": (0.4, 0.4, 0.4), "b": (0.6, 0.6, 0.7), "c": (0.9, 0.1, 0.1)}


def candidates(n: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {**BLOCK, "data.n_train": n, "seed": seed, "settings": name, "cluster/ari": score}
            | {"chosen": name == ("b" if seed == 1 else "a")}
            for name, scores in SCORES.items()
            for seed, score in enumerate(scores)
        ]
    )[[*BLOCK, "data.n_train", "seed", "settings", "chosen", "cluster/ari"]]


def row(make: Make, **fields: Any) -> dict[Any, Any]:
    (found,) = make(ARMS, **fields)[1].by_labels.to_dict("records")
    return found


def test_the_best_is_one_candidate_for_all_seeds(make: Make) -> None:
    found = row(make, candidates=candidates())
    assert (found["best_settings"], found["best"]) == ("b", pytest.approx(1.9 / 3))
    assert (found["chosen"], found["chosen_seeds"], found["seeds"]) == ("a", 2, 3)
    assert found["tuned"] == pytest.approx((0.4 + 0.6 + 0.4) / 3)


def test_candidates_of_another_size_are_of_another_setting(make: Make) -> None:
    assert make(ARMS, candidates=candidates(50))[1].by_labels.empty
    assert make(ARMS)[1].by_labels.empty


def test_seeds_beyond_the_plan_have_no_part(make: Make) -> None:
    found = row(make, candidates=candidates(), planned_seeds=[0])
    assert (found["best_settings"], found["seeds"]) == ("c", 1)


def test_as_configured_stands_beside_it(make: Make) -> None:
    result, _ = make(ARMS)
    configured = result.cells.assign(**{"cluster/ari": 0.25})
    found = row(make, candidates=candidates(), configured=configured)
    assert (found["configured"], found["configured_sd"]) == (0.25, 0)


def test_it_is_said_and_marked_as_supervised(make: Make) -> None:
    (answer,) = answers(make(ARMS, candidates=candidates())[1])
    (line,) = [line for line in answer.sentences if "labels would pick" in line]
    assert line.startswith("Tuning without labels picked a on 2 of 3 seeds; of its candidates labels would pick b,")
    assert "supervised" in line
