"""Scores against other implementations, brute force and numbers worked out by hand."""

from __future__ import annotations

import doctest
import itertools
import math
import warnings
from collections import Counter
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from torch import Tensor

from synthmix.metric import HeldOut, scores_of
from synthmix.tasks.clustering import agreement, internal
from synthmix.tasks.clustering.agreement import AdjustedRandScore, ClusterAccuracy, Purity
from synthmix.tasks.clustering.internal import DaviesBouldinScore, SilhouetteScore
from synthmix.tasks.clustering.metrics import METRICS

AGREEMENT = {"acc", "nmi", "ami", "ari", "homogeneity", "completeness", "v_measure", "purity"}
COVERED = {"acc_covered", "nmi_covered", "ari_covered"}
INTERNAL = {"davies_bouldin", "calinski_harabasz", "silhouette"}
COUNTS = {"n_clusters", "noise_fraction", "coverage"}


def clustering_of(n: int, classes: int, clusters: int, seed: int, noise: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
    """Points around class centres, labels, and clusters that agree with the labels more often than not."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    predicted = np.where(rng.random(n) < 0.6, labels % clusters, rng.integers(0, clusters, n))
    predicted[rng.random(n) < noise] = -1
    points = 3 * rng.normal(size=(classes, 6))[labels] + rng.normal(size=(n, 6)) + 5
    return torch.tensor(points, dtype=torch.float32), torch.tensor(predicted), torch.tensor(labels)


def cluster_scores(points: Tensor, predicted: Tensor, labels: Tensor | None, *, seed: int) -> dict[str, float]:
    """The scores of an assignment."""
    return scores_of(METRICS, HeldOut({"assignments": np.asarray(predicted)}, points, labels, seed))


def best_by_permutation(predicted: Tensor, labels: Tensor) -> float:
    """Accuracy under each one-to-one map of clusters (and idle numbers) to classes, tried one by one."""
    clusters = [c for c in predicted.unique().tolist() if c != -1]
    classes = labels.unique().tolist()
    size = max(len(clusters), len(classes))
    targets = [*classes, *[None] * (size - len(classes))]
    best = 0
    for order in itertools.permutations(targets):
        assigned = dict(zip(clusters, order, strict=False))
        right = sum(assigned.get(c) == y for c, y in zip(predicted.tolist(), labels.tolist(), strict=True))
        best = max(best, right)
    return best / len(labels)


@pytest.mark.parametrize("module", [agreement, internal])
def test_examples_in_docstrings_run(module: ModuleType) -> None:
    results = doctest.testmod(module, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize(("n", "classes", "clusters"), [(40, 3, 3), (400, 4, 7), (2000, 10, 6), (3000, 10, 40)])
def test_scores_of_torchmetrics_equal_scikit_learn(n: int, classes: int, clusters: int, noise: float) -> None:
    points, predicted, labels = clustering_of(n, classes, clusters, seed=n, noise=noise)
    scores = cluster_scores(points, predicted, labels, seed=0)
    covered = predicted != -1
    expected = {
        "homogeneity": sk.homogeneity_score(labels, predicted),
        "completeness": sk.completeness_score(labels, predicted),
        "calinski_harabasz": sk.calinski_harabasz_score(points[covered].numpy(), predicted[covered].numpy()),
        "coverage": covered.double().mean().item(),
        "noise_fraction": (predicted == -1).double().mean().item(),
        "n_clusters": len(set(predicted[covered].tolist())),
    }
    assert {name: scores[name] for name in expected} == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert scores.keys() == AGREEMENT | COVERED | INTERNAL | COUNTS


def test_scores_worked_out_by_hand() -> None:
    points = torch.tensor([[0.0], [2.0], [10.0], [12.0], [20.0], [22.0]])
    labels, predicted = torch.tensor([0, 0, 0, 1, 1, 1]), torch.tensor([5, 5, 7, 7, 9, 9])
    # Of the 20 ways to deal out the labels 12 split one pair of points and 8 all three, which then tell nothing.
    information, by_chance = 2 / 3 * math.log(2), 12 / 20 * 2 / 3 * math.log(2)
    mean_entropy = (math.log(2) + math.log(3)) / 2
    expected = {
        "acc": 4 / 6,
        "purity": 5 / 6,
        "nmi": information / mean_entropy,
        "v_measure": information / mean_entropy,
        "ami": (information - by_chance) / (mean_entropy - by_chance),
        "homogeneity": information / math.log(2),
        "completeness": information / math.log(3),
        "ari": (2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15),  # pairs together in both, in classes, in clusters, of 15
        "davies_bouldin": (1 + 1) / 10,
        "silhouette": (2 * 9 / 11 + 4 * 7 / 9) / 6,
        "calinski_harabasz": (400 / 2) / (6 / 3),
    }
    scores = cluster_scores(points, predicted, labels, seed=0)
    assert {name: scores[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(("classes", "clusters"), [(2, 2), (4, 4), (5, 3), (3, 5), (1, 4)])
def test_accuracy_is_the_best_of_all_matchings(classes: int, clusters: int) -> None:
    for seed in range(5):
        _, predicted, labels = clustering_of(60, classes, clusters, seed, noise=0.1)
        assert ClusterAccuracy()(predicted, labels).item() == pytest.approx(best_by_permutation(predicted, labels))


def test_noise_is_wrong_in_accuracy_and_purity_and_one_cluster_in_information() -> None:
    # Class 1 is noise as a whole: as a cluster it would be perfect.
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    predicted = torch.tensor([5, 5, 5, 5, -1, -1, 7, 7, 7, 7])
    points = torch.arange(10.0)[:, None]
    scores = cluster_scores(points, predicted, labels, seed=0)
    assert (scores["acc"], scores["purity"], scores["coverage"]) == pytest.approx((0.8, 0.8, 0.8))
    assert (scores["nmi"], scores["ari"]) == pytest.approx((1.0, 1.0))
    assert [scores[name] for name in sorted(COVERED)] == pytest.approx([1.0, 1.0, 1.0])
    assert scores["n_clusters"] == 2
    as_cluster = cluster_scores(points, predicted.clamp(min=0), labels, seed=0)
    assert as_cluster["acc"] == pytest.approx(1.0)


def test_everything_noise() -> None:
    points, _, labels = clustering_of(50, 4, 4, seed=0)
    scores = cluster_scores(points, torch.full((50,), -1), labels, seed=0)
    assert scores.keys() == AGREEMENT | COUNTS
    assert (scores["acc"], scores["purity"], scores["nmi"], scores["ari"], scores["coverage"]) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("predicted", [torch.zeros(30), torch.arange(30), torch.where(torch.arange(30) < 4, 0, -1)])
def test_undefined_internal_indices_are_left_out(predicted: Tensor) -> None:
    points, _, labels = clustering_of(30, 3, 3, seed=0)
    scores = cluster_scores(points, predicted, labels, seed=0)
    assert not INTERNAL & scores.keys()
    assert all(np.isfinite(list(scores.values())))


def test_without_labels_there_are_internal_scores_only() -> None:
    points, predicted, _ = clustering_of(60, 3, 3, seed=0)
    assert cluster_scores(points, predicted, None, seed=0).keys() == INTERNAL | COUNTS


def test_images_are_flattened_and_integers_of_any_size_taken() -> None:
    points, predicted, labels = clustering_of(60, 3, 3, seed=0)
    images = points.reshape(60, 1, 2, 3)
    assert cluster_scores(images, predicted.int(), labels, seed=0) == cluster_scores(points, predicted, labels, seed=0)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
def test_names_of_clusters_and_order_of_points_make_no_difference(seed: int) -> None:
    points, predicted, labels = clustering_of(50, 4, 5, seed, noise=0.2)
    names = np.random.default_rng(seed).permutation(5)
    renamed = torch.tensor([-1 if c == -1 else int(names[c]) for c in predicted.tolist()])
    order = torch.randperm(50, generator=torch.Generator().manual_seed(seed))
    first = cluster_scores(points, predicted, labels, seed=0)
    second = cluster_scores(points[order], renamed[order], labels[order], seed=0)
    assert second == pytest.approx(first, rel=1e-4, abs=1e-5)


def test_a_perfect_clustering_scores_one() -> None:
    points, _, labels = clustering_of(500, 10, 10, seed=0)
    scores = cluster_scores(points, (labels + 3) % 10, labels, seed=0)
    assert [scores[name] for name in AGREEMENT | COVERED] == pytest.approx([1.0] * 11)


def test_adjusted_rand_index_of_many_points_does_not_overflow() -> None:
    _, predicted, labels = clustering_of(200_000, 10, 10, seed=0)
    y, c = labels.tolist(), predicted.tolist()
    pairs = zip(y, c, strict=True)
    both, classes, clusters = (sum(math.comb(n, 2) for n in Counter(of).values()) for of in (pairs, y, c))
    by_chance = classes * clusters / math.comb(len(y), 2)
    expected = (both - by_chance) / ((classes + clusters) / 2 - by_chance)
    assert AdjustedRandScore()(predicted, labels).item() == pytest.approx(expected)


def test_independent_clusters_have_no_v_measure() -> None:
    labels, predicted = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    scores = cluster_scores(torch.arange(4.0)[:, None], predicted, labels, seed=0)
    assert (scores["v_measure"], scores["nmi"]) == pytest.approx((0.0, 0.0))


def test_metrics_add_up_over_batches() -> None:
    points, predicted, labels = clustering_of(200, 4, 6, seed=0, noise=0.1)
    for metric in (ClusterAccuracy(), Purity(), AdjustedRandScore()):
        whole = metric(predicted, labels).item()
        metric.reset()
        for part, target in zip(predicted.split(33), labels.split(33), strict=True):
            metric.update(part, target)
        assert metric.compute().item() == whole
    for internal_metric in (DaviesBouldinScore(), SilhouetteScore(seed=0)):
        whole = internal_metric(points, predicted).item()
        internal_metric.reset()
        for values, part in zip(points.split(33), predicted.split(33), strict=True):
            internal_metric.update(values, part)
        assert internal_metric.compute().item() == whole


def test_silhouette_of_a_subsample_depends_on_its_seed_alone() -> None:
    points, predicted, _ = clustering_of(2000, 5, 5, seed=0)

    def silhouette(seed: int, size: int) -> float:
        return SilhouetteScore(seed=seed, size=size)(points, predicted).item()

    assert silhouette(0, 200) == silhouette(0, 200) != silhouette(1, 200)
    assert silhouette(0, 2000) == pytest.approx(silhouette(1, 2000))
    assert silhouette(0, 1000) == pytest.approx(silhouette(0, 2000), abs=0.05)


@pytest.mark.parametrize(
    ("points", "predicted", "labels", "message"),
    [
        (torch.zeros(0, 2), torch.zeros(0), None, "of one length of at least 1"),
        (torch.zeros(5, 2), torch.zeros(5), torch.zeros(6).long(), "of one length"),
        (torch.tensor([[0.0], [torch.nan]]), torch.zeros(2), None, "finite"),
    ],
)
def test_faulty_input_is_refused(points: Tensor, predicted: Tensor, labels: Tensor | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cluster_scores(points, predicted, labels, seed=0)


def test_silent_and_without_touching_the_global_random_state() -> None:
    points, predicted, labels = clustering_of(300, 4, 4, seed=0, noise=0.1)
    state = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cluster_scores(points, predicted, labels, seed=0)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_loss_and_the_strength_are_those_of_what_was_put_out() -> None:
    assignments, own = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1])
    for outputs, found in [
        ({"held_out_loss": np.array([0.0, 1, 2, 3, 4, 2])}, {"held_out_loss": 2.0}),
        ({"own_assignments": own}, {"prediction_strength": 0.5}),
        ({}, {}),
    ]:
        held_out = HeldOut({"assignments": assignments, **outputs}, torch.rand(6, 2), None, 0)
        scores = scores_of(METRICS, held_out)
        assert {name: scores[name] for name in ("held_out_loss", "prediction_strength") if name in scores} == found


def test_directions_are_those_of_the_scores() -> None:
    lower = {name for name, metric in METRICS.items() if metric.higher_is_better is False}
    assert lower == {"davies_bouldin", "held_out_loss"}
    assert {name for name, metric in METRICS.items() if metric.higher_is_better is None} == COUNTS
    assert {name for name, metric in METRICS.items() if metric.needs_labels} == AGREEMENT | COVERED
