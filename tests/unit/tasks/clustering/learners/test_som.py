from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from synthmix.tasks.clustering.learners.som import SelfOrganizingMap


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return (load_digits().data / 8 - 1).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(digits: np.ndarray) -> SelfOrganizingMap:
    return SelfOrganizingMap(n_clusters=10, random_state=0).fit(digits)


def test_blobs_come_out_as_clusters_on_points_never_seen() -> None:
    x, y = make_blobs(600, centers=4, n_features=5, cluster_std=0.7, random_state=0)
    som = SelfOrganizingMap(6, 6, n_clusters=4, random_state=0).fit(x[:300])
    assert adjusted_rand_score(y[300:], som.predict(x[300:])) == 1


def test_errors_equal_minisoms_on_the_same_codebook(fitted: SelfOrganizingMap, digits: np.ndarray) -> None:
    minisom = pytest.importorskip("minisom", reason="the reference implementation is in the extra `speed`")
    reference = minisom.MiniSom(10, 10, 64)
    reference._weights = fitted.codebook_.reshape(10, 10, 64).astype(float)
    assert fitted.quantization_error(digits) == pytest.approx(reference.quantization_error(digits), rel=1e-6)
    assert fitted.topographic_error(digits) == pytest.approx(reference.topographic_error(digits), abs=2 / len(digits))


def test_map_fits_at_least_as_well_as_minisoms_batch_training(digits: np.ndarray) -> None:
    minisom = pytest.importorskip("minisom", reason="the reference implementation is in the extra `speed`")
    x = digits[:500]
    reference = minisom.MiniSom(5, 5, 64, sigma=3, learning_rate=1, decay_function=lambda rate, *_: rate)
    reference.pca_weights_init(x)
    reference.train_batch_offline(x, 10)
    ours = SelfOrganizingMap(5, 5, random_state=0).fit(x)
    assert ours.quantization_error(x) <= reference.quantization_error(x)


def test_transform_gives_row_and_column_of_the_nearest_node(fitted: SelfOrganizingMap, digits: np.ndarray) -> None:
    x = digits[:200]
    rows, columns = fitted.transform(x).T
    distances = np.linalg.norm(x[:, None].astype(float) - fitted.codebook_, axis=2)
    np.testing.assert_array_equal(rows * 10 + columns, distances.argmin(axis=1))
    assert list(fitted.get_feature_names_out()) == ["selforganizingmap0", "selforganizingmap1"]


def test_a_cluster_is_that_of_the_node_and_hits_count_points(fitted: SelfOrganizingMap, digits: np.ndarray) -> None:
    rows, columns = fitted.transform(digits).astype(int).T
    nodes = rows * 10 + columns
    np.testing.assert_array_equal(fitted.predict(digits), fitted.node_labels_[nodes])
    np.testing.assert_array_equal(fitted.hits_, np.bincount(nodes, minlength=100))


def test_whole_weights_equal_repeated_points_and_zero_a_point_left_out(digits: np.ndarray) -> None:
    x = digits[:150].astype(np.float64)
    weight = np.random.default_rng(0).integers(0, 4, len(x))
    weighted = SelfOrganizingMap(5, 5, n_clusters=6, random_state=0).fit(x, sample_weight=weight)
    repeated = SelfOrganizingMap(5, 5, n_clusters=6, random_state=0).fit(x.repeat(weight, axis=0))
    np.testing.assert_allclose(weighted.codebook_, repeated.codebook_, atol=1e-10)
    np.testing.assert_allclose(weighted.hits_, repeated.hits_)
    np.testing.assert_array_equal(weighted.predict(digits[150:]), repeated.predict(digits[150:]))


@pytest.mark.parametrize("spread", [np.eye(3), np.array([[1.0, 2.0, -1.7]])], ids=["cloud", "line"])
def test_rounding_does_not_choose_among_nodes_that_coincide(spread: np.ndarray) -> None:
    """A bubble of three steps holds most of the map; on a line the nodes of a column start on one spot."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(60, len(spread))) @ spread
        weight = rng.integers(0, 4, len(x))
        one, other = (SelfOrganizingMap(3, 4, n_clusters=1, neighbourhood="bubble") for _ in range(2))
        one.fit(x, sample_weight=weight)
        other.fit(rng.permutation(x.repeat(weight, axis=0)))
        np.testing.assert_array_equal(one.transform(x), other.transform(x))
        np.testing.assert_array_equal(one.hits_, other.hits_)


def test_of_equal_nodes_the_lowest_is_nearest_and_the_others_follow_it() -> None:
    som = SelfOrganizingMap(1, 4, n_clusters=1).fit(np.linspace(0, 3, 9)[:, None])
    som.codebook_ = np.array([[5.0], [1.0], [1.0], [3.0]])
    assert som.transform([[1.2], [2.9]])[:, 1].tolist() == [1, 3]
    assert som.topographic_error([[1.2]]) == 0


def test_two_fits_are_equal_to_the_last_bit_and_leave_the_global_random_state_alone(digits: np.ndarray) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, second = (SelfOrganizingMap(n_clusters=10, random_state=3).fit(digits) for _ in range(2))
    np.testing.assert_array_equal(first.codebook_, second.codebook_)
    np.testing.assert_array_equal(first.labels_, second.labels_)
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])


def test_float32_keeps_its_digits_far_from_the_origin() -> None:
    x, y = make_blobs(300, centers=3, cluster_std=0.3, random_state=0)
    far = (x + 1e4).astype(np.float32)
    assert adjusted_rand_score(y, SelfOrganizingMap(5, 5, n_clusters=3, random_state=0).fit_predict(far)) == 1


def test_a_folded_map_has_a_topographic_error() -> None:
    som = SelfOrganizingMap(1, 3, n_clusters=1).fit(np.linspace(0, 2, 9)[:, None])
    som.codebook_ = np.array([[0.0], [9.0], [1.0]])  # the two nodes nearest to 0.4 are the ends
    assert som.topographic_error([[0.4], [8.9]]) == 0.5
    with pytest.raises(ValueError, match="at least 2 nodes"):
        SelfOrganizingMap(1, 1, n_clusters=1).fit([[0.0], [1.0]]).topographic_error([[0.0]])


def test_fewer_nodes_hit_than_clusters_is_a_warning() -> None:
    x = np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0)
    with pytest.warns(ConvergenceWarning, match="n_clusters=3: only 2 nodes are hit"):
        som = SelfOrganizingMap(3, 3, n_clusters=3, random_state=0).fit(x)
    assert set(som.labels_) == {0, 1}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rows": 0}, "rows=0: must be ≥ 1"),
        ({"epochs": 0}, "epochs=0: must be ≥ 1"),
        ({"sigma_end": 0.0}, "sigma_end=0.0: must be > 0"),
        ({"neighbourhood": "hexagon"}, "neighbourhood=hexagon: allowed: gaussian, bubble"),
        ({"rows": 2, "columns": 2, "n_clusters": 5}, "n_clusters=5: must be ≤ 4 "),
        ({"n_clusters": 21}, "n_clusters=21: must be ≤ n_samples=20"),
    ],
)
def test_a_parameter_out_of_range_is_named_with_what_is_allowed(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SelfOrganizingMap(**parameters).fit(np.arange(40.0).reshape(20, 2))
