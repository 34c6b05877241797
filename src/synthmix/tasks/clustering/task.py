"""Clustering: a clusterer is fitted on the mixture and assigns held-out points by its `predict`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.known import with_known
from synthmix.tasks.clustering.outputs import ASSIGNMENTS, BOOTSTRAP_ASSIGNMENTS, OWN_ASSIGNMENTS
from synthmix.tasks.losses import losses_of
from synthmix.tasks.outputs import HELD_OUT_LOSS
from synthmix.tasks.seeding import with_random_state
from synthmix.tasks.unfit import UNFIT


class Clustering:
    """The task of finding groups.

    Args:
        estimator: the learner, an unfitted scikit-learn clusterer with `fit` and `predict`. What it leaves open of what
            is known of the data it is told, see `with_known`.
        spec: of the data.
        bootstraps: how often the clusterer is fitted again, each time on as many points as the mixture has, drawn from
            it with replacement.
    """

    prefix: ClassVar[str] = "cluster"
    learner: ClassVar[str] = "clusterer"
    scored_by: ClassVar[str] = "synthmix.tasks.clustering.metrics"
    drawn_by: ClassVar[str] = "synthmix.tasks.clustering.pictures"
    primary: ClassVar[Sequence[str]] = ("ari", "held_out_loss", "prediction_strength")
    choose_by: ClassVar[Sequence[str]] = ("held_out_loss", "prediction_strength", "silhouette")

    def __init__(self, *, estimator: Any, spec: DataSpec, bootstraps: int = 0) -> None:
        self.estimator, self.spec, self.bootstraps = estimator, spec, bootstraps

    def fit(self, points: NDArray[Any], weight: NDArray[Any] | None, seed: int) -> Self:
        """Fits the clusterer to points (N, d)."""
        with_random_state(with_known(self.estimator, self.spec), seed, "clusterer")
        self.estimator.fit(points, **({} if weight is None else {"sample_weight": weight}))
        self._of_draws = self._fitted_on_draws(points, weight, seed) if self.bootstraps else None
        return self

    def outputs(self, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """What is stored of the represented points (N, d).

        Returns:
            `assignments`: the cluster of each point, int64, (N,), -1 for noise. `held_out_loss`, float64, (N,), of a
            clusterer that has a loss. `own_assignments` of one that has none, like `assignments`, by a fresh clusterer
            of the same settings that is fitted on these very points; left out where they are too few for it, and of a
            clusterer that says by `refitted = False` that a further fit costs too much. `bootstrap_assignments`, int64,
            (N, bootstraps), by the clusterers of the bootstrap draws, where there are any.
        """
        found = {ASSIGNMENTS: self._assigned(self.estimator, points)}
        if self._of_draws is not None:
            found[BOOTSTRAP_ASSIGNMENTS] = np.stack([self._assigned(one, points) for one in self._of_draws], axis=1)
        losses = self.losses(points)
        if losses is not None:
            return found | {HELD_OUT_LOSS: losses}
        if not getattr(self.estimator, "refitted", True):
            return found
        own = self._fitted_on(points)
        return found if own is None else found | {OWN_ASSIGNMENTS: self._assigned(own, points)}

    def losses(self, points: NDArray[Any]) -> NDArray[np.float64] | None:
        """The clusterer's loss of each point, float64, (N,); None where it has none."""
        return losses_of(self.estimator, points)

    def _assigned(self, estimator: Any, points: NDArray[Any]) -> NDArray[np.int64]:
        return np.asarray(estimator.predict(points)).astype(np.int64)

    def _fitted_on_draws(self, points: NDArray[Any], weight: NDArray[Any] | None, seed: int) -> list[Any] | None:
        """A clusterer for each bootstrap draw, whose points keep their weights; None where one cannot be fitted."""
        from sklearn.base import clone

        if not getattr(self.estimator, "refitted", True):
            return None
        found = []
        for number in range(self.bootstraps):
            rng = np.random.default_rng(derive_seed(seed, "bootstrap", number))
            rows = rng.integers(len(points), size=len(points))
            one = with_random_state(
                clone(self.estimator, safe=False), derive_seed(seed, "bootstrap", number), "clusterer"
            )
            try:
                one.fit(points[rows], **({} if weight is None else {"sample_weight": weight[rows]}))
            except UNFIT:
                return None
            found.append(one)
        return found

    def _fitted_on(self, points: NDArray[Any]) -> Any | None:
        """The same clusterer fitted on other points; None where it refuses them, as scikit-learn's do too few."""
        from sklearn.base import clone  # not at the top, as a check of a config imports this module

        try:
            return clone(self.estimator, safe=False).fit(points)  # what no get_params describes is copied
        except ValueError:
            return None
