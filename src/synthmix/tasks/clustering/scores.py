"""All scores of one clustering of held-out real points."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric, MetricCollection, clustering

from synthmix.tasks.clustering.agreement import (
    NOISE,
    AdjustedMutualInfoScore,
    AdjustedRandScore,
    ClusterAccuracy,
    NormalizedMutualInfoScore,
    Purity,
    VMeasureScore,
)
from synthmix.tasks.clustering.internal import DaviesBouldinScore, SilhouetteScore, separable

_Metrics = dict[str, Metric | MetricCollection]


def cluster_scores(
    points: Tensor,
    predicted: Tensor | NDArray[np.integer],
    labels: Tensor | None,
    *,
    seed: int,
    silhouette_size: int = 5000,
) -> dict[str, float]:
    """Scores clusters of held-out points against their classes, and by themselves.

    Noise (-1, of DBSCAN) counts as wrong in `acc` and `purity` and as one cluster in `nmi`, `ami`, `ari`,
    `homogeneity`, `completeness` and `v_measure`. `acc_covered`, `nmi_covered` and `ari_covered` are those of the
    points in clusters, to be read with `coverage`; they stand there without noise too, so that a mean over seeds
    does not leave out the seeds without noise. Internal indices refer to the points in clusters.

    Args:
        points: float, (N, ...), flattened to (N, D): the one space of the internal indices.
        predicted: cluster of each point, integers, (N,), -1 for noise.
        labels: class of each point, int64, (N,); None leaves `davies_bouldin` (0 and up, lower is better),
            `calinski_harabasz` (0 and up), `silhouette` (-1 to 1), `n_clusters`, `noise_fraction` and `coverage`.
        seed: of the silhouette's subsample.
        silhouette_size: number of points in that subsample, at most.

    Returns:
        Finite numbers by name. A score that is not defined is left out: internal indices with fewer than two
        clusters or as many as points, the `_covered` ones where every point is noise.

    Raises:
        ValueError: there is no point, the lengths differ, or a value of `points` is not finite.

    Example:
        >>> points = torch.tensor([[0.0], [1.0], [10.0], [11.0], [50.0]])
        >>> scores = cluster_scores(points, torch.tensor([0, 0, 1, 1, -1]), torch.tensor([1, 1, 0, 0, 0]), seed=0)
        >>> scores["acc"], scores["acc_covered"], scores["coverage"]
        (0.8, 1.0, 0.8)
    """
    points, predicted = points.flatten(1), torch.as_tensor(predicted).long()
    _check(points, predicted, labels)
    covered = predicted != NOISE
    coverage = covered.double().mean().item()
    scores = {
        "n_clusters": float(len(np.unique(predicted[covered].cpu().numpy()))),
        "noise_fraction": 1.0 - coverage,
        "coverage": coverage,
    }
    scores |= _internal_scores(points[covered], predicted[covered], seed, silhouette_size)
    if labels is not None:
        scores |= _computed(_agreement(), predicted, labels)
        if covered.any():
            scores |= _computed(_covered_agreement(), predicted[covered], labels[covered])
    return {name: score for name, score in scores.items() if math.isfinite(score)}


def _check(points: Tensor, predicted: Tensor, labels: Tensor | None) -> None:
    lengths = {len(points), len(predicted), len(points if labels is None else labels)}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"points, predicted and labels must be of one length of at least 1, got {sorted(lengths)}")
    if not points.isfinite().all():
        raise ValueError("points must be finite numbers")


def _internal_scores(points: Tensor, predicted: Tensor, seed: int, silhouette_size: int) -> dict[str, float]:
    if not separable(predicted):
        return {}
    indices: _Metrics = {
        "davies_bouldin": DaviesBouldinScore(),
        "calinski_harabasz": clustering.CalinskiHarabaszScore(),
        "silhouette": SilhouetteScore(seed=seed, size=silhouette_size),
    }
    return _computed(indices, points, predicted)


def _agreement() -> _Metrics:
    return {
        "acc": ClusterAccuracy(),
        "nmi": NormalizedMutualInfoScore(),
        "ami": AdjustedMutualInfoScore(),
        "ari": AdjustedRandScore(),
        "homogeneity": clustering.HomogeneityScore(),
        "completeness": clustering.CompletenessScore(),
        "v_measure": VMeasureScore(),
        "purity": Purity(),
    }


def _covered_agreement() -> _Metrics:
    return {
        "acc_covered": ClusterAccuracy(),
        "nmi_covered": NormalizedMutualInfoScore(),
        "ari_covered": AdjustedRandScore(),
    }


def _computed(metrics: _Metrics, first: Tensor, second: Tensor) -> dict[str, float]:
    # Finding groups of metrics that share a state would compare all points with themselves, a third of the time.
    collection = MetricCollection(metrics, compute_groups=False)
    # Opting in keeps torch from warning, once a process, that torchmetrics' sparse tensors are not checked.
    with torch.sparse.check_sparse_tensor_invariants():  # type: ignore[no-untyped-call]
        collection.update(first, second)
        return {name: value.item() for name, value in collection.compute().items()}
