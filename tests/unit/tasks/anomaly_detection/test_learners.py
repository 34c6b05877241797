"""Detectors: scikit-learn's checks, closed forms, and new points that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.utils.validation import has_fit_parameter

from synthmix.config.cell import check_member
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.nodes import with_settings
from synthmix.config.plain import plain
from synthmix.spec import DataSpec
from synthmix.tasks.anomaly_detection.learners.covariance import MahalanobisDetector
from synthmix.tasks.anomaly_detection.learners.nearest import NearestNeighborDetector
from synthmix.tasks.anomaly_detection.learners.reconstruction import ReconstructionErrorDetector
from synthmix.tasks.anomaly_detection.learners.tails import EcodDetector
from synthmix.tasks.anomaly_detection.task import AnomalyDetection
from synthmix.tasks.anomaly_detection.task_config import AnomalyDetectionConfig
from synthmix.tasks.losses import losses_of
from synthmix.tasks.mixture import GaussianMixture
from synthmix.tasks.tuning import choose

UNSUPERVISED = SimpleNamespace(supervised=False)

OTHERS = ["isolation_forest", "one_class_svm", "reconstruction_error"]
RNG = np.random.default_rng(0)
TRAIN, NEW = RNG.normal(size=(80, 4)), RNG.normal(size=(30, 4))
DETECTORS = [NearestNeighborDetector(), MahalanobisDetector(), ReconstructionErrorDetector(), EcodDetector()]


def configured(member: str) -> Any:
    with composer() as compose:
        node = compose(["task=anomaly_detection", "data.normal_class=0", f"detector={member}"]).detector
    return check_member(plain(node), "detector")


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: type(detector).__name__)
def test_far_points_are_the_least_normal_and_scores_do_not_depend_on_the_others(detector: Any) -> None:
    fitted = detector.fit(TRAIN)
    together, far = fitted.score_samples(NEW), fitted.score_samples(np.full((1, 4), 50.0))
    assert far < together.min()
    assert [fitted.score_samples(NEW[i : i + 1])[0] for i in range(5)] == pytest.approx(together[:5])


def test_the_distance_to_the_kth_neighbour() -> None:
    distances = np.sort(np.linalg.norm(NEW[:, None] - TRAIN[None], axis=2), axis=1)
    assert NearestNeighborDetector(3).fit(TRAIN).score_samples(NEW) == pytest.approx(-distances[:, 2])
    with pytest.raises(ValueError, match="n_neighbors=81: must be from 1 to n_samples=80"):
        NearestNeighborDetector(81).fit(TRAIN)


def test_the_shrunk_mahalanobis_distance() -> None:
    fit = LedoitWolf().fit(TRAIN)
    expected = [-(mahalanobis(point, fit.location_, fit.precision_) ** 2) for point in NEW]
    assert MahalanobisDetector().fit(TRAIN).score_samples(NEW) == pytest.approx(expected)


def test_a_shrinkage_that_is_given() -> None:
    covariance = np.cov(TRAIN.T, bias=True)
    shrunk = 0.7 * covariance + 0.3 * np.trace(covariance) / 4 * np.eye(4)
    detector = MahalanobisDetector(0.3).fit(TRAIN)
    centred = NEW - TRAIN.mean(axis=0)
    assert detector.score_samples(NEW) == pytest.approx(-np.diag(centred @ np.linalg.inv(shrunk) @ centred.T))
    assert detector.losses(NEW) == pytest.approx(-multivariate_normal(TRAIN.mean(axis=0), shrunk).logpdf(NEW))
    with pytest.raises(ValueError, match=r"shrinkage=1.5: must be from 0 to 1"):
        MahalanobisDetector(1.5).fit(TRAIN)


@pytest.mark.parametrize("columns", [1, 4])
def test_the_estimated_shrinkage_is_scikit_learns(columns: int) -> None:
    points = TRAIN[:12, :columns] * np.arange(1, columns + 1)
    assert MahalanobisDetector().fit(points).shrinkage_ == pytest.approx(LedoitWolf().fit(points).shrinkage_)
    assert MahalanobisDetector().fit(np.ones((5, columns))).shrinkage_ == 0


def test_a_covariance_without_an_inverse_has_no_density() -> None:
    assert MahalanobisDetector(0.0).fit(TRAIN[:3]).losses(NEW).tolist() == [np.inf] * 30
    assert np.isfinite(MahalanobisDetector(0.1).fit(TRAIN[:3]).losses(NEW)).all()


@pytest.mark.parametrize(
    "make",
    [
        MahalanobisDetector,
        partial(MahalanobisDetector, 0.2),
        partial(ReconstructionErrorDetector, 0.5),
        partial(GaussianMixture, reg_covar=0.01),
    ],
)
def test_a_weight_is_as_many_copies_and_none_leaves_a_point_out(make: Callable[[], Any]) -> None:
    weight = np.arange(80) % 4
    weighted = make().fit(TRAIN, sample_weight=weight)
    assert weighted.score_samples(NEW) == pytest.approx(make().fit(np.repeat(TRAIN, weight, axis=0)).score_samples(NEW))
    assert weighted.score_samples(NEW) != pytest.approx(make().fit(TRAIN).score_samples(NEW))


def test_points_that_are_all_equal_are_rebuilt_from_nothing() -> None:
    detector = ReconstructionErrorDetector().fit(np.ones((5, 2)))
    assert detector.score_samples([[1.0, 1.0], [4.0, 5.0]]) == pytest.approx([0.0, -25.0])


@pytest.mark.parametrize("member", ["knn", "local_outlier_factor", "ecod", "mahalanobis", "likelihood", *OTHERS])
def test_the_config_knows_weights_and_losses(member: str) -> None:
    config = configured(member)
    assert config.takes_weights == has_fit_parameter(instantiate(config), "sample_weight")
    detector = instantiate(config).fit(TRAIN)
    assert config.has_loss == (losses_of(detector, NEW) is not None)
    cell: Any = SimpleNamespace(
        task=UNSUPERVISED, mix=SimpleNamespace(synthetic_weight=2), train_size=(80, "data.n_train")
    )
    assert bool(list(config.faults(cell))) != config.takes_weights
    assert "search" not in instantiate(config).get_params()


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("knn", "it counts neighbours"),
        ("local_outlier_factor", "it counts neighbours"),
        ("ecod", "its tail probabilities count points"),
    ],
)
def test_what_takes_no_weights_says_why(member: str, reason: str) -> None:
    cell: Any = SimpleNamespace(
        task=UNSUPERVISED, mix=SimpleNamespace(synthetic_weight=2), train_size=(80, "data.n_train")
    )
    line = f"mix.synthetic_weight=2: detector.name={member} takes no sample weights, as {reason}; must be 1"
    assert list(configured(member).faults(cell)) == [line]


def test_only_what_has_a_loss_that_can_choose_is_searched() -> None:
    cell: Any = SimpleNamespace(
        task=UNSUPERVISED, mix=SimpleNamespace(synthetic_weight=1), train_size=(80, "data.n_train")
    )

    def lines(member: str, **search: Any) -> list[str]:
        return list(replace(configured(member), search=search).faults(cell))

    assert lines("knn", n_neighbors=[3]) == [
        "detector.search=[n_neighbors]: detector.name=knn has no held-out loss to choose by; must be empty"
    ]
    (line,) = lines("reconstruction_error", variance=[0.5, 0.9])
    assert line.startswith("detector.search.variance=[0.5, 0.9]: the held-out error falls with every component")
    errors = [ReconstructionErrorDetector(share).fit(TRAIN).losses(NEW).mean() for share in (0.2, 0.5, 0.7, 0.95)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("member", ["mahalanobis", "likelihood"])
def test_tuning_never_has_a_greater_loss_on_the_folds_than_the_defaults(member: str) -> None:
    config = configured(member)

    def task(settings: Mapping[str, Any]) -> AnomalyDetection:
        detector = instantiate(with_settings(config, settings))
        return AnomalyDetection(
            AnomalyDetectionConfig(), estimator=detector, spec=DataSpec("t", "table", (4,), None, 2)
        )

    tuning = choose(task, config.search, TRAIN[:40], 0)
    losses = {str({key: row[key] for key in config.search}): row["held_out_loss"] for row in tuning.table}
    assert len(losses) <= 16
    assert losses[str(tuning.chosen)] == np.nanmin(list(losses.values())) <= tuning.table[0]["held_out_loss"]


def test_fewer_points_than_columns_have_a_distance_too() -> None:
    assert np.isfinite(MahalanobisDetector().fit(TRAIN[:3]).score_samples(NEW)).all()


def test_the_error_of_a_reconstruction() -> None:
    pca = PCA(0.5, svd_solver="full").fit(TRAIN)
    error = ((NEW - pca.inverse_transform(pca.transform(NEW))) ** 2).sum(axis=1)
    assert ReconstructionErrorDetector(0.5).fit(TRAIN).score_samples(NEW) == pytest.approx(-error)


def test_tails_of_one_column_by_hand() -> None:
    detector = EcodDetector().fit(np.array([[0.0], [1.0], [2.0], [10.0]]))  # skewed to the right
    # Of 2.0: three of four points are at most as large, two at least as large; the greatest of the three sums counts.
    assert detector.score_samples([[2.0]]) == pytest.approx([np.log(2 / 5)])
    assert detector.score_samples([[99.0]]) == pytest.approx([np.log(1 / 5)])
    assert detector.score_samples([[-99.0]]) == pytest.approx([np.log(1 / 5)])


def test_a_constant_column_tells_nothing() -> None:
    constant = np.c_[TRAIN[:, :1], np.full(80, 3.0)]
    same = EcodDetector().fit(constant).score_samples(np.c_[NEW[:, :1], np.full(30, 3.0)])
    alone = EcodDetector().fit(TRAIN[:, :1]).score_samples(NEW[:, :1])
    assert np.argsort(same).tolist() == np.argsort(alone).tolist()
