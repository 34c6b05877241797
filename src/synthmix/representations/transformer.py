"""Any scikit-learn transformer as a representation."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.seeds import derive_seed

PLAIN = (NoneType, bool, int, float, str)


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

    def inverse(self, z: NDArray[Any]) -> NDArray[Any] | None:
        """The transformer's own way back, (N, d) → (N, D); None where it has none."""
        if not hasattr(self.estimator_, "inverse_transform"):
            return None
        return np.asarray(self.estimator_.inverse_transform(z))

    def state(self) -> dict[str, Any] | None:
        """The fitted attributes by name; None where one is neither array, number, text nor None, as a tree is."""
        parameters = self.estimator_.get_params(deep=False)
        learnt = {name: value for name, value in vars(self.estimator_).items() if name not in parameters}
        learnt |= {name: value for name, value in parameters.items() if name == "random_state"}
        state: dict[str, dict[str, Any]] = {"arrays": {}, "scalars": {}, "plain": {}}
        for name, value in learnt.items():
            if type(value) in PLAIN:
                state["plain"][name] = value
            elif type(value) is np.ndarray or isinstance(value, np.generic):
                kind = "arrays" if type(value) is np.ndarray else "scalars"
                try:
                    state[kind][name] = torch.from_numpy(np.array(value, order="K"))  # for equal sums to the last bit
                except TypeError:  # of objects, texts or dates
                    return None
            else:
                return None
        return state

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Restores the fitted attributes on a clone of the transformer."""
        self.estimator_ = clone(self.estimator)
        arrays = {name: tensor.numpy() for name, tensor in state["arrays"].items()}
        scalars = {name: tensor.numpy()[()] for name, tensor in state["scalars"].items()}
        vars(self.estimator_).update(arrays | scalars | state["plain"])
        return self
