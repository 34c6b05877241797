"""Which scores a study can be judged by, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.errors import InvalidInput

ON_MIXTURE = "representation.fit_on=mixture"


def faults(*overrides: str) -> Sequence[str]:
    try:
        with composer() as compose:
            check(compose(overrides))
    except InvalidInput as error:
        return error.faults
    return []


@pytest.fixture
def unlabelled(tmp_path: Path) -> Sequence[str]:
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(300)))
    return ["data=table", f"data.path={file}", "clusterer.n_clusters=3", "representation=pca"]


def test_a_loss_is_had_by_what_minimises_one_and_a_strength_by_what_does_not() -> None:
    assert faults("study.score=held_out_loss", "study.choose_by=held_out_loss") == []
    assert faults("clusterer=dbscan", "study.score=prediction_strength") == []
    (line,) = faults("clusterer=dbscan", "study.score=held_out_loss")
    assert line == "study.score=held_out_loss: clusterer.name=dbscan minimises nothing; must be another score"
    (line,) = faults("study.choose_by=prediction_strength")
    assert line == (
        "study.choose_by=prediction_strength: is of learners without a loss; clusterer.name=kmeans has held_out_loss"
    )


def test_a_loss_in_a_space_that_differs_from_ratio_to_ratio_compares_nothing() -> None:
    pca = ["representation=pca", ON_MIXTURE]
    assert faults(*pca) == []
    (line,) = faults(*pca, "study.score=held_out_loss")
    assert line == (
        "study.score=held_out_loss: cannot be compared between ratios with representation.fit_on=mixture, which must "
        "be train"
    )


def test_without_labels_the_loss_is_the_score_and_needs_one_space(unlabelled: Sequence[str]) -> None:
    small = [*unlabelled, "representation.n_components=2"]
    assert faults(*small) == []
    (line,) = faults(*small, ON_MIXTURE)
    assert line.startswith(
        "representation.fit_on=mixture: without labels the score is held_out_loss, which then cannot"
    )
    assert faults(*small, ON_MIXTURE, "study.score=silhouette") == []
    dbscan = [text for text in small if "n_clusters" not in text]
    assert faults(*dbscan, "clusterer=dbscan", ON_MIXTURE) == []
