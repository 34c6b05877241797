"""What a cell prints: a dozen scores that answer, floors beside quality, and every other one on request."""

from __future__ import annotations

import re

import pytest

from synthmix.report.cell_text import cell_text
from synthmix.tasks.clustering.task_config import ClusteringConfig

METRICS = {
    "cluster/acc": 0.6,
    "cluster/ari": 0.43,
    "cluster/coverage": 1.0,
    "cluster/held_out_loss": 3.2,
    "cluster/nmi": 0.55,
    "cluster/purity": 0.64,
    "cluster/silhouette": 0.11,
    "cluster/v_measure": 0.56,
    "data/duplicates_across_split": 0.0,
    "quality/coverage": 0.73,
    "quality/coverage_floor": 1.0,
    "quality/fd_pca": 0.49,
    "quality/fd_pca_floor": 0.1,
    "quality/fd_inf_pca": 0.47,
    "val/ari": 0.99,
}


def names(text: str) -> list[str]:
    return re.findall(r"^  (\S+)", text, flags=re.M)


def test_the_primary_score_stands_first_and_is_called_so() -> None:
    lines = cell_text(METRICS, ClusteringConfig()).splitlines()
    assert lines[0] == "on held-out real points"
    assert lines[1].split() == ["ari", "0.43", "primary"]
    assert sum("primary" in line for line in lines) == 1


def test_what_the_learner_minimises_is_primary_without_labels() -> None:
    unlabelled = {name: value for name, value in METRICS.items() if "ari" not in name}
    assert cell_text(unlabelled, ClusteringConfig()).splitlines()[1].split() == ["held_out_loss", "3.2", "primary"]


def test_quality_stands_beside_its_floor() -> None:
    text = cell_text(METRICS, ClusteringConfig())
    assert re.search(r"^  fd_pca +0\.49 +0\.1$", text, flags=re.M)
    assert "coverage_floor" not in text


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_left_out_is_counted(everything: bool) -> None:
    text = cell_text(METRICS, ClusteringConfig(), everything=everything)
    left = re.search(r"(\d+) more scores: --all", text)
    on_test = [name for name in METRICS if not name.startswith("val/")]
    if everything:
        assert left is None
        assert {name.rpartition("/")[2] for name in on_test if "_floor" not in name} == set(names(text))
    else:
        assert left is not None
        floors = sum(f"quality/{name}_floor" in METRICS for name in ("fd_pca", "coverage"))
        assert int(left[1]) == len(on_test) - len(names(text)) - floors


def test_scores_on_val_are_never_printed() -> None:
    assert "0.99" not in cell_text(METRICS, ClusteringConfig(), everything=True)


def test_a_score_of_ones_own_is_printed_on_request() -> None:
    assert "mine" in names(cell_text(METRICS | {"cluster/mine": 1.0}, ClusteringConfig(), everything=True))
