"""The net that a learner begins with, fitted once for all learners that begin with the same."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator

from synthmix.config.instantiate import instantiate
from synthmix.stages.inputs import Inputs
from synthmix.tasks.seeding import with_random_state


def pretrained(inputs: Inputs, points: NDArray[Any], weight: NDArray[Any] | None) -> dict[str, Any]:
    """What the net that `learner.pretraining` names learns of represented points (N, d), and the wall seconds of it.

    It is an estimator whose `fit` takes weights, and which is `Storable`.
    """
    start = time.perf_counter()
    net = with_random_state(instantiate(inputs.learner.pretraining), inputs.seed, "pretraining")
    net.fit(points, sample_weight=weight)
    return {"state": net.state(), "seconds": time.perf_counter() - start}


def begin_with(state: Mapping[str, Any], learner: Any) -> None:
    """Freezes the net of an unfitted learner in this state, so that its `fit` takes it as it is."""
    learner.set_params(pretraining=FrozenEstimator(learner.pretraining.load_state(state)))
