"""Any scikit-learn transformer as a representation."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.seeds import derive_seed


class TransformerRepresentation:
    """Flattens the points and hands them to a scikit-learn transformer.

    Args:
        estimator: has `fit` and `transform`. It is cloned before each fit; where it has a `random_state`, that is
            set from the seed.
    """

    def __init__(self, estimator: BaseEstimator) -> None:
        self.estimator = estimator

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Fits a clone of the transformer to `dataset.x`."""
        self.estimator_ = clone(self.estimator)
        if "random_state" in self.estimator_.get_params():
            self.estimator_.set_params(random_state=derive_seed(seed, "representation") % 2**32)
        self.estimator_.fit(dataset.x.flatten(1).numpy())
        return self

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Transformed points, (N, *shape) → (N, d)."""
        return np.asarray(self.estimator_.transform(x.flatten(1).numpy()))
