"""The scores of a clustering. Light: what computes them is imported when they are computed.

Noise (-1, of DBSCAN) counts as wrong in `acc` and `purity` and as one cluster in `nmi`, `ami`, `ari`, `homogeneity`,
`completeness` and `v_measure`. `acc_covered`, `nmi_covered` and `ari_covered` are those of the points in clusters, to
be read with `coverage`; they are computed without noise too, so that a mean over seeds does not leave out the seeds
without noise. Internal indices refer to the points in clusters, in the space of the points, whatever the
representation; they are not defined with fewer than two clusters or as many as points. `held_out_loss` is of clusterers
that minimise something, in the represented space, `prediction_strength` of those that do not. `bootstrap_ari` is of
cells with `task.bootstraps`, `coherence` of documents: what the terms that tell a cluster of train's documents apart
have to do with each other in held-out ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from synthmix.metric import HeldOut, Metric
from synthmix.tasks.clustering.outputs import ASSIGNMENTS, BOOTSTRAP_ASSIGNMENTS, NOISE, OWN_ASSIGNMENTS
from synthmix.tasks.metrics import MEAN_HELD_OUT_LOSS

if TYPE_CHECKING:
    from torch import Tensor
    from torchmetrics import Metric as TorchMetric

SILHOUETTE_SIZE = 5000  # points of the silhouette's subsample, at most


def _assigned(held_out: HeldOut) -> tuple[Tensor, Tensor]:
    """The cluster of each point, and whether it is in one."""
    import torch

    assignments = torch.as_tensor(held_out.outputs[ASSIGNMENTS]).long()
    return assignments, assignments != NOISE


def _agreement(name: str, *, covered: bool = False) -> Metric:
    """A score of `synthmix.tasks.clustering.agreement` or of torchmetrics against the classes."""

    def score(held_out: HeldOut) -> float:
        from torchmetrics import clustering

        from synthmix.tasks.clustering import agreement

        labels, (assignments, inside) = held_out.labels, _assigned(held_out)
        assert labels is not None
        if covered and not inside.any():
            return math.nan
        metric = getattr(agreement, name, None) or getattr(clustering, name)
        if covered:
            return _computed(metric(), assignments[inside], labels[inside])
        return _computed(metric(), assignments, labels)

    return Metric(score=score, higher_is_better=True, needs_labels=True, worst=0.0)


def _internal(make: Callable[[int], TorchMetric], *, higher_is_better: bool, worst: float | None = None) -> Metric:
    """A score of how compact and separate the clusters are."""

    def score(held_out: HeldOut) -> float:
        from synthmix.tasks.clustering.internal import separable

        assignments, inside = _assigned(held_out)
        if not separable(assignments[inside]):
            return math.nan
        return _computed(make(held_out.seed), held_out.points.flatten(1)[inside], assignments[inside])

    return Metric(score=score, higher_is_better=higher_is_better, worst=worst)


def _computed(metric: TorchMetric, first: Tensor, second: Tensor) -> float:
    import torch

    # Opting in keeps torch from warning, once a process, that torchmetrics' sparse tensors are not checked.
    with torch.sparse.check_sparse_tensor_invariants():  # type: ignore[no-untyped-call]
        metric.update(first, second)
        return float(metric.compute().item())


def _davies_bouldin(_: int) -> TorchMetric:
    from synthmix.tasks.clustering.internal import DaviesBouldinScore

    return DaviesBouldinScore()


def _calinski_harabasz(_: int) -> TorchMetric:
    from torchmetrics.clustering import CalinskiHarabaszScore

    return CalinskiHarabaszScore()


def _silhouette(seed: int) -> TorchMetric:
    from synthmix.tasks.clustering.internal import SilhouetteScore

    return SilhouetteScore(seed=seed, size=SILHOUETTE_SIZE)


def _n_clusters(held_out: HeldOut) -> float:
    assignments, inside = _assigned(held_out)
    return float(len(set(assignments[inside].tolist())))


def _coverage(held_out: HeldOut) -> float:
    return _assigned(held_out)[1].double().mean().item()


def _prediction_strength(held_out: HeldOut) -> float:
    from synthmix.tasks.clustering.prediction_strength import prediction_strength

    own = held_out.outputs.get(OWN_ASSIGNMENTS)
    return math.nan if own is None else prediction_strength(held_out.outputs[ASSIGNMENTS], own)


def _bootstrap_ari(held_out: HeldOut) -> float:
    from synthmix.tasks.clustering.bootstrap_ari import bootstrap_ari

    assignments = held_out.outputs.get(BOOTSTRAP_ASSIGNMENTS)
    return math.nan if assignments is None else bootstrap_ari(assignments)


def _coherence(held_out: HeldOut) -> float:
    from synthmix.tasks.clustering.topics import coherence, topics_of

    found = topics_of(held_out)
    return coherence(found) if found else math.nan


METRICS: Mapping[str, Metric] = {
    "acc": _agreement("ClusterAccuracy"),
    "nmi": _agreement("NormalizedMutualInfoScore"),
    "ami": _agreement("AdjustedMutualInfoScore"),
    "ari": _agreement("AdjustedRandScore"),
    "homogeneity": _agreement("HomogeneityScore"),
    "completeness": _agreement("CompletenessScore"),
    "v_measure": _agreement("VMeasureScore"),
    "purity": _agreement("Purity"),
    "acc_covered": _agreement("ClusterAccuracy", covered=True),
    "nmi_covered": _agreement("NormalizedMutualInfoScore", covered=True),
    "ari_covered": _agreement("AdjustedRandScore", covered=True),
    "davies_bouldin": _internal(_davies_bouldin, higher_is_better=False),
    "calinski_harabasz": _internal(_calinski_harabasz, higher_is_better=True),
    "silhouette": _internal(_silhouette, higher_is_better=True, worst=0.0),
    "held_out_loss": MEAN_HELD_OUT_LOSS,
    "prediction_strength": Metric(score=_prediction_strength, higher_is_better=True, worst=0.0),
    "bootstrap_ari": Metric(score=_bootstrap_ari, higher_is_better=True, worst=0.0),
    "coherence": Metric(score=_coherence, higher_is_better=True, worst=0.0),
    "n_clusters": Metric(score=_n_clusters, higher_is_better=None),
    "coverage": Metric(score=_coverage, higher_is_better=None),
    "noise_fraction": Metric(score=lambda held_out: 1.0 - _coverage(held_out), higher_is_better=None),
}
