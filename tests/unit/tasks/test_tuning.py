"""The choice of settings: on digits, where theory and labels tell what is better, and on learners that are counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.cluster import Birch, KMeans
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from synthmix.config.cell import check_member
from synthmix.config.instantiate import instantiate
from synthmix.config.members import LearnerConfig
from synthmix.config.nodes import with_settings
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.learners.dbscan import DBSCAN
from synthmix.tasks.clustering.learners.gmm_config import GmmConfig
from synthmix.tasks.clustering.task import Clustering
from synthmix.tasks.tuning import Tuning, choose

SPEC = DataSpec("ten", "table", (2,), None, 10)


def task(learner: Callable[..., Any], settings: Mapping[str, Any]) -> Clustering:
    return Clustering(estimator=learner(**settings), spec=SPEC)


def configured(config: LearnerConfig, settings: Mapping[str, Any]) -> Clustering:
    return Clustering(estimator=instantiate(with_settings(config, settings)), spec=SPEC)


class Fixed(BaseEstimator):
    """A clusterer whose loss is its setting, and which counts what it is given."""

    seen: list[tuple[float, NDArray[Any], int | None]]

    def __init__(self, loss: float = 3.0, other: int = 0, random_state: int | None = None) -> None:
        self.loss, self.other, self.random_state = loss, other, random_state

    def fit(self, points: NDArray[Any]) -> Fixed:
        if self.loss < 0:
            raise ValueError("loss must be\n≥ 0")
        self.seen.append((self.loss, points[:, 0], self.random_state))
        return self

    def predict(self, points: NDArray[Any]) -> NDArray[Any]:
        return np.zeros(len(points))

    def losses(self, points: NDArray[Any]) -> NDArray[Any]:
        return np.full(len(points), self.loss)


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    Fixed.seen = []


POINTS = np.arange(23, dtype=np.float32)[:, None]


def of_fixed(search: Mapping[str, Any], seed: int = 0, **more: Any) -> Tuning:
    return choose(partial(task, Fixed), search, POINTS, seed, **more)


@pytest.mark.parametrize("seed", range(3))
def test_on_100_digits_likelihood_regularises_and_finds_the_classes_far_better(seed: int) -> None:
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    train, test = order[:100], order[-497:]
    pca = PCA(10, random_state=0).fit(x[train] / 16)
    points, held_out = (pca.transform(x[part] / 16).astype(np.float32) for part in (train, test))
    config = GmmConfig()

    tuning = choose(partial(configured, config), config.search, points, seed)
    assert tuning.criterion == "held_out_loss"
    assert tuning.chosen["reg_covar"] == 0.1

    default, tuned = (configured(config, settings).fit(points, None, seed) for settings in ({}, tuning.chosen))
    ari = [adjusted_rand_score(y[test], one.outputs(held_out)["assignments"]) for one in (default, tuned)]
    assert ari[1] > ari[0] + 0.1
    likelihood = [GaussianMixture(10, reg_covar=reg, n_init=5, random_state=0).fit(points) for reg in (1e-3, 0.1)]
    assert likelihood[1].score(held_out) > likelihood[0].score(held_out) + 10  # so its choice is right


def test_the_table_has_the_configs_own_values_first_and_every_combination_once() -> None:
    config = GmmConfig(reg_covar=0.1)
    search = {"reg_covar": [0.1, 1.0], "covariance_type": ["diag", "full"]}
    table = choose(partial(configured, config), search, np.random.default_rng(0).normal(size=(60, 2)), 0).table
    settings = [(row["reg_covar"], row["covariance_type"]) for row in table]
    assert settings == [(0.1, "full"), (0.1, "diag"), (1.0, "diag"), (1.0, "full")]
    assert all(math.isfinite(row["held_out_loss"]) and row["fault"] is None for row in table)


def test_the_mean_over_five_folds_of_all_points() -> None:
    means = np.array([-1.0, 5.0])
    blobs, _ = make_blobs(41, centers=means[:, None], random_state=0)
    table = choose(partial(task, KMeans), {"n_clusters": [2, 8]}, blobs, 3).table
    assert [row["n_clusters"] for row in table] == [8, 2]
    assert 0.5 < table[1]["held_out_loss"] < 2  # the variance of a blob is 1


@pytest.mark.parametrize(("search", "chosen"), [([5, 2, 4], 2), ([5, 3.0, 4], 3), ([7, 1, 1.0], 1)])
def test_the_least_loss_wins(search: list[float], chosen: float) -> None:
    assert of_fixed({"loss": search}).chosen == {"loss": chosen}


def test_where_all_are_level_the_configs_own_values_win() -> None:
    assert of_fixed({"other": [5, 6], "loss": [3.0, 4]}).chosen == {"other": 0, "loss": 3}


def test_a_candidate_that_cannot_be_fitted_is_the_worst_and_says_why() -> None:
    tuning = of_fixed({"loss": [-1, math.nan, 9]})
    assert tuning.chosen == {"loss": 3}
    assert [(row["loss"], row["fault"]) for row in tuning.table[:2]] == [
        (3.0, None),
        (-1, "ValueError: loss must be ≥ 0"),
    ]
    assert tuning.table[2]["fault"] == "the criterion is not finite"
    assert math.isnan(tuning.table[1]["held_out_loss"])


def test_where_nothing_can_be_fitted_the_config_stays_as_it_is() -> None:
    few = np.random.default_rng(0).normal(size=(11, 2))  # ten clusters, and eight points in each fit
    config = GmmConfig()
    tuning = choose(partial(configured, config), {"reg_covar": [0.1]}, few, 0)
    assert tuning.chosen == {"reg_covar": 0.001}
    assert all("n_clusters=10: must be ≤ n_samples=" in row["fault"] for row in tuning.table)


def test_each_point_is_held_out_once_and_all_candidates_see_the_same_folds_and_states() -> None:
    of_fixed({"loss": [1, 2]}, seed=4)
    fits = [Fixed.seen[start : start + 5] for start in (0, 5, 10)]
    for fold in range(5):
        (_, first, state), *others = (candidate[fold] for candidate in fits)
        assert all((first == points).all() and state == other for _, points, other in others)
    held_out = [set(POINTS[:, 0]) - set(points) for _, points, _ in fits[0]]
    assert sorted(value for fold in held_out for value in fold) == POINTS[:, 0].tolist()
    assert len({state for _, _, state in fits[0]}) == 5


def test_the_seed_decides_folds_and_states() -> None:
    def seen(seed: int) -> str:
        Fixed.seen = []
        of_fixed({"loss": [1]}, seed=seed)
        return str([(points.tolist(), state) for _, points, state in Fixed.seen])

    assert seen(0) == seen(0) != seen(1)


def test_with_fewer_points_than_folds_each_is_one() -> None:
    choose(partial(task, Fixed), {"loss": [2]}, POINTS[:3], 0)
    assert len(Fixed.seen) == 6
    with pytest.raises(InvalidInput, match="1 real training points; must be ≥ 2"):
        choose(partial(task, Fixed), {"loss": [2]}, POINTS[:1], 0)


def test_nothing_to_search_costs_nothing() -> None:
    assert of_fixed({}) == Tuning({}, "held_out_loss", [])
    assert Fixed.seen == []


def test_without_a_loss_the_groups_that_halves_agree_on_are_chosen() -> None:
    blobs, _ = make_blobs(200, centers=[[0, 0], [6, 0], [0, 6]], random_state=0)
    search = {"eps": [0.05, 1.5, 50.0]}  # hardly a cluster; the three; all in one
    tuning = choose(partial(task, DBSCAN), search, blobs, 0)
    assert (tuning.criterion, tuning.chosen) == ("prediction_strength", {"eps": 1.5})
    strengths = {row["eps"]: row["prediction_strength"] for row in tuning.table}
    assert strengths[1.5] > 0.8
    assert strengths[50.0] == 0


def test_the_right_number_of_groups_foretells_better_than_too_many() -> None:
    blobs, _ = make_blobs(200, centers=[[0, 0], [9, 0], [0, 9]], random_state=0)
    found = choose(partial(task, Birch), {"n_clusters": [7, 3, 5]}, blobs, 0)
    assert (found.criterion, found.chosen) == ("prediction_strength", {"n_clusters": 3})


def test_what_has_neither_loss_nor_assignments_cannot_be_tuned() -> None:
    class Silent:
        def fit(self, points: Any, weight: Any, seed: int) -> Silent:
            return self

        def outputs(self, points: Any) -> dict[str, Any]:
            return {}

    with pytest.raises(InvalidInput, match=r"search=\[a\]: the learner has neither a held-out loss nor assignments"):
        choose(lambda settings: Silent(), {"a": [1]}, POINTS, 0)  # type: ignore[arg-type,return-value]


def test_settings_reach_a_learner_that_has_no_config_of_its_own() -> None:
    node = {"_target_": "sklearn.cluster.Birch", "name": "mine", "threshold": 0.5, "n_clusters": 3}
    config = check_member(node, "clusterer")
    assert isinstance(config, LearnerConfig)
    changed = instantiate(with_settings(config, {"threshold": 0.1}))
    assert (changed.threshold, changed.n_clusters) == (0.1, 3)
