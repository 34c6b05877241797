"""The scores of a representation. Light: what computes them is imported when they are computed.

`reconstruction_error` is in the units of the points that the cell sees: images in their range, columns of a table
divided by their standard deviation on train. It is of representations that can map back. `trustworthiness` and
`continuity` compare ranks of distances before and after, `knn_accuracy` and `linear_probe` say what held-out codes tell
of held-out labels: none of these depends on the scale of the represented space, so that spaces can be compared by them.
`ari` and `nmi` are of the clusterer, and so is `held_out_loss`, which is measured in the represented space.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import synthmix.tasks.clustering.metrics as clustering
from synthmix.metric import HeldOut, Metric
from synthmix.seeds import derive_seed
from synthmix.tasks.outputs import RECONSTRUCTION
from synthmix.tasks.representation.outputs import CODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 5  # of each point, scikit-learn's number for trustworthiness and for classification
MOST_POINTS = 2000  # for which ranks of all distances are computed, and a probe is fitted
FOLDS = 5


def _reconstruction_error(held_out: HeldOut) -> float:
    """Mean squared error over points and over the values of each."""
    reconstruction = held_out.outputs.get(RECONSTRUCTION)
    if reconstruction is None:
        return math.nan
    return float(((_points(held_out) - reconstruction) ** 2).mean())


def _trustworthiness(held_out: HeldOut) -> float:
    """1 where all neighbours in the represented space are neighbours of the points (Venna and Kaski 2001)."""
    chosen = _chosen(held_out)
    return _ranked(_points(held_out)[chosen], _codes(held_out)[chosen])


def _continuity(held_out: HeldOut) -> float:
    """1 where all neighbours of the points are neighbours in the represented space: with the two spaces swapped."""
    chosen = _chosen(held_out)
    return _ranked(_codes(held_out)[chosen], _points(held_out)[chosen])


def _ranked(points: NDArray[Any], embedded: NDArray[Any]) -> float:
    from sklearn.manifold import trustworthiness

    if len(points) <= 2 * NEIGHBOURS:  # for fewer points it is not defined
        return math.nan
    return float(trustworthiness(points, embedded, n_neighbors=NEIGHBOURS))


def _knn_accuracy(held_out: HeldOut) -> float:
    """Share of points whose class is that of most of their neighbours among the others: leave-one-out."""
    import numpy as np
    from sklearn.neighbors import NearestNeighbors

    labels, codes = _labels(held_out), _codes(held_out)
    if len(codes) <= NEIGHBOURS or len(np.unique(labels)) < 2:
        return math.nan
    neighbours = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(codes).kneighbors(return_distance=False)
    classes, numbers = np.unique(labels, return_inverse=True)
    votes = (numbers[neighbours][:, :, None] == np.arange(len(classes))).sum(axis=1)
    return float((votes.argmax(axis=1) == numbers).mean())


def _linear_probe(held_out: HeldOut) -> float:
    """Accuracy of a logistic regression on standardised codes, the mean over folds with equal shares of the classes."""
    import warnings

    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chosen = _chosen(held_out)
    labels, codes = _labels(held_out)[chosen], _codes(held_out)[chosen]
    sizes = np.unique(labels, return_counts=True)[1]
    if len(sizes) < 2 or sizes.min() < FOLDS:
        return math.nan
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=derive_seed(held_out.seed, "probe") % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
        return float(cross_val_score(probe, codes, labels, cv=folds).mean())


def _points(held_out: HeldOut) -> NDArray[Any]:
    return held_out.points.flatten(1).double().numpy()


def _codes(held_out: HeldOut) -> NDArray[Any]:
    return held_out.outputs[CODE].astype("float64")


def _labels(held_out: HeldOut) -> NDArray[Any]:
    assert held_out.labels is not None
    return held_out.labels.numpy()


def _chosen(held_out: HeldOut) -> NDArray[Any]:
    """Places of at most `MOST_POINTS` points, the same for every representation."""
    import numpy as np

    rng = np.random.default_rng(derive_seed(held_out.seed, "chosen for scores"))
    return rng.permutation(len(held_out.points))[:MOST_POINTS]


def _of_codes(
    score: Callable[[HeldOut], float], *, higher_is_better: bool = True, needs_labels: bool = False, worst: float | None
) -> Metric:
    """A score of the represented points themselves, whatever a clusterer makes of them."""
    return Metric(
        score=score, higher_is_better=higher_is_better, needs_labels=needs_labels, worst=worst, of_learner=False
    )


METRICS: Mapping[str, Metric] = {
    "knn_accuracy": _of_codes(_knn_accuracy, needs_labels=True, worst=0.0),
    "linear_probe": _of_codes(_linear_probe, needs_labels=True, worst=0.0),
    "reconstruction_error": _of_codes(_reconstruction_error, higher_is_better=False, worst=None),
    "trustworthiness": _of_codes(_trustworthiness, worst=0.5),
    "continuity": _of_codes(_continuity, worst=0.5),
    **{name: clustering.METRICS[name] for name in ("ari", "nmi", "held_out_loss", "prediction_strength")},
}
