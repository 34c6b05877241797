from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.datasets import make_blobs


@pytest.mark.parametrize("kind", [KMeans, MiniBatchKMeans])
def test_a_weight_of_two_equals_the_points_given_twice(kind: type[KMeans]) -> None:
    x, y = make_blobs(200, centers=3, cluster_std=0.5, random_state=0)
    weight = np.where(np.arange(len(x)) % 3 == 0, 2, 1)
    expected = [np.average(x[y == k], axis=0, weights=weight[y == k]) for k in range(3)]
    for points, given in ((x, weight), (x.repeat(weight, axis=0), None)):
        centers = kind(3, n_init=10, random_state=0).fit(points, sample_weight=given).cluster_centers_
        nearest = np.linalg.norm(centers[:, None] - expected, axis=2).min(axis=1)
        assert nearest.max() < (1e-9 if kind is KMeans else 0.1)
