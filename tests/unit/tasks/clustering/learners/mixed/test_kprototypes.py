"""k-prototypes against its definition, against k-means, and where levels alone tell groups apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from synthmix.api import load_dataset
from synthmix.data.base import Splits
from synthmix.data.split import split
from synthmix.spec import Column
from synthmix.tasks.clustering.learners.mixed.gower import GowerKMedoids
from synthmix.tasks.clustering.learners.mixed.kprototypes import KPrototypes
from synthmix.tasks.clustering.task import Clustering

COLUMNS = (Column("a", "numeric"), Column("b", "categorical", ("x", "y", "z"), n_seen=3), Column("c", "integer"))


def rows(n: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Encoded rows, and their levels."""
    rng = np.random.default_rng(seed)
    level = rng.integers(3, size=n)
    blocks = [rng.normal(size=(n, 1)), np.eye(3)[level] / 2**0.5, rng.integers(0, 5, (n, 1)) - 2]
    return np.concatenate(blocks, axis=1), level


def test_the_sum_is_that_of_the_article_and_no_prototype_can_be_moved_to_lower_it() -> None:
    X, level = rows(200)
    weight = np.random.default_rng(1).integers(0, 4, 200).astype(float)
    model = KPrototypes(4, gamma=0.7, table_columns=COLUMNS, random_state=0).fit(X, sample_weight=weight)
    numbers, levels = model.prototypes_[:, :2], model.prototypes_[:, 2:].argmax(axis=1)
    by_hand = np.square(X[:, None, [0, 4]] - numbers).sum(axis=2) + 0.7 * (level[:, None] != levels)
    np.testing.assert_allclose(model.losses(X), by_hand.min(axis=1), atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), by_hand.argmin(axis=1))
    assert model.inertia_ == pytest.approx(weight @ by_hand.min(axis=1))
    for k in range(4):
        mine = model.labels_ == k
        np.testing.assert_allclose(numbers[k], np.average(X[mine][:, [0, 4]], axis=0, weights=weight[mine]))
        counts = np.bincount(level[mine], weight[mine], minlength=3)
        assert counts[levels[k]] == counts.max()


def test_without_levels_it_is_k_means() -> None:
    X, _ = make_blobs(300, centers=4, random_state=0)
    ours, theirs = KPrototypes(4, random_state=0).fit(X), KMeans(4, n_init=10, random_state=0).fit(X)
    assert ours.inertia_ == pytest.approx(theirs.inertia_)
    assert adjusted_rand_score(ours.labels_, theirs.labels_) == 1


def test_the_less_a_level_counts_the_less_it_tells() -> None:
    X, level = rows(300)
    much, little = (
        adjusted_rand_score(level, KPrototypes(3, gamma=gamma, table_columns=COLUMNS, random_state=0).fit(X).labels_)
        for gamma in (100.0, 0.01)
    )
    assert much == 1
    assert little < 0.1


def told_by_levels(folder: Path) -> Splits:
    """Two groups, by four columns of levels alone; four columns of numbers have long tails that go together."""
    rng = np.random.default_rng(0)
    n, group, hidden = 700, np.arange(700) % 2, rng.normal(size=700)
    levels = [np.where(rng.random(n) < 0.85, group * 3, rng.integers(0, 6, n)) for _ in range(4)]
    frame = {f"level{number}": [f"v{cell}" for cell in cells] for number, cells in enumerate(levels)}
    frame |= {f"number{number}": np.exp(1.5 * hidden + 0.45 * rng.normal(size=n)) for number in range(4)}
    pd.DataFrame(frame | {"group": group}).to_csv(folder / "rows.csv", index=False)
    table = load_dataset("table", path=folder / "rows.csv", label_column="group")
    return split(table, seed=0, n_train=400, n_val=100, n_test=200, n_reserve=0)


def test_groups_of_levels_are_found_where_k_means_on_the_encoding_finds_none(tmp_path: Path) -> None:
    splits = told_by_levels(tmp_path)

    def ari(estimator: Any) -> float:
        task = Clustering(estimator=estimator, spec=splits.train.spec).fit(splits.train.x.numpy(), None, 0)
        found = task.outputs(splits.test.x.numpy())["assignments"]
        assert splits.test.y is not None
        return float(adjusted_rand_score(splits.test.y.numpy(), found))

    assert ari(KMeans(2, n_init=10)) < 0.1
    assert ari(KPrototypes(None, gamma=20.0)) > 0.9  # type: ignore[arg-type]
    pytest.importorskip("kmedoids")
    assert ari(GowerKMedoids(None)) > 0.9  # type: ignore[arg-type]
