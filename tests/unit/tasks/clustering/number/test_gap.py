from __future__ import annotations

import math

import numpy as np
import pytest

from synthmix.tasks.clustering.number.gap import first_within_one_error, gaps, log_dispersion, reference


def test_the_dispersion_is_the_sum_of_pairwise_squared_distances_over_twice_the_sizes() -> None:
    points, assignments = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 3
    total = 0.0
    for cluster in range(3):
        own = points[assignments == cluster]
        total += np.square(own[:, None] - own).sum() / (2 * len(own))
    assert log_dispersion(points, assignments) == pytest.approx(math.log(total))
    with pytest.raises(ValueError, match="the points of each cluster are equal"):
        log_dispersion(np.ones((4, 2)), np.array([0, 0, 1, 1]))


def test_reference_points_fill_the_box_along_the_principal_axes() -> None:
    rng = np.random.default_rng(0)
    along = np.array([3.0, 4.0]) / 5
    points = np.outer(rng.uniform(-10, 10, 3000), along) + np.outer(rng.uniform(-1, 1, 3000), along[::-1] * [1, -1]) + 7
    drawn = reference(points, rng)
    assert drawn.shape == points.shape
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(points.T), rtol=0.1, atol=0.5)
    across = (drawn - points.mean(axis=0)) @ (along[::-1] * [1, -1])
    assert abs(across).max() < 1.1  # a box along the given axes would reach out to 6


def test_gaps_and_errors_by_hand() -> None:
    gap, error = gaps([1.0, 0.5], np.array([[2.0, 1.0], [4.0, 1.0]]))
    assert gap.tolist() == [2.0, 0.5]
    assert error.tolist() == [math.sqrt(1.5), 0.0]


@pytest.mark.parametrize(
    ("gap", "error", "place"),
    [
        ([0.1, 0.5, 0.4], [0.0, 0.1, 0.1], 1),
        ([0.45, 0.5, 0.9], [0.0, 0.1, 0.1], 0),  # within one error of the next
        ([0.1, 0.2, 0.3], [0.01, 0.01, 0.01], 2),
        ([0.3], [0.1], 0),
    ],
)
def test_the_first_within_one_error_of_the_next(gap: list[float], error: list[float], place: int) -> None:
    assert first_within_one_error(np.array(gap), np.array(error)) == place
