"""The random state of a learner, from the seed of its cell."""

from __future__ import annotations

import inspect
from typing import Any

from synthmix.seeds import derive_seed


def with_random_state(learner: Any, seed: int, purpose: str) -> Any:
    """The unfitted scikit-learn estimator; where it has a `random_state`, with one that is derived from `seed`."""
    if "random_state" in inspect.signature(type(learner)).parameters:
        learner.set_params(random_state=derive_seed(seed, purpose) % 2**32)
    return learner
