from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from synthmix.tasks.clustering.learners.prototypes.kmedoids import KMedoids
from synthmix.tasks.losses import losses_of

pytest.importorskip("kmedoids")


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_medoids_are_the_best_of_all_that_there_are(k: int) -> None:
    x = np.random.default_rng(0).normal(size=(24, 2))
    distances = np.linalg.norm(x[:, None] - x, axis=2)
    best = min(combinations(range(24), k), key=lambda chosen: distances[:, chosen].min(axis=1).sum())
    model = KMedoids(k, n_init=10, random_state=0).fit(x)
    assert tuple(model.medoid_indices_) == best
    np.testing.assert_array_equal(model.labels_, distances[:, best].argmin(axis=1))


def test_the_loss_is_the_distance_to_the_nearest_medoid() -> None:
    x, new = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]), np.array([[1.5], [14.0]])
    model = KMedoids(2, random_state=0).fit(x)
    found = losses_of(model, new)
    assert found is not None
    assert found.tolist() == [0.5, 3.0]
    assert model.predict(new).tolist() == [0, 1]


def test_medoids_of_samples_are_judged_by_all_points() -> None:
    x, _ = make_blobs(2000, centers=5, random_state=0)
    exact, sampled, few = (KMedoids(5, sample_size=size, n_init=5, random_state=0).fit(x) for size in (None, 200, 5))
    total = [model.losses(x).sum() for model in (exact, sampled, few)]
    assert total[0] <= total[1] < 1.05 * total[0] < total[2]
    assert total[1] <= min(
        KMedoids(5, sample_size=200, n_init=1, random_state=seed).fit(x).losses(x).sum() for seed in (0,)
    )


def test_the_seed_decides() -> None:
    x = np.random.default_rng(0).normal(size=(200, 2))
    first, second = (KMedoids(6, n_init=1, random_state=3).fit(x).medoid_indices_ for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ValueError, match="n_clusters=6: must be ≤ sample_size=5"):
        KMedoids(6, sample_size=5).fit(x)
