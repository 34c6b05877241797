"""Representations as transformers of scikit-learn, for a `Pipeline` and a `GridSearchCV`."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from synthmix.api import member
from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.members import RepresentationConfig
from synthmix.config.plain import plain
from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.notebook.points import Points, config_of, read_points
from synthmix.notebook.seed import seed_of
from synthmix.representations.base import Invertible


def _maps_back(transformer: Any) -> bool:
    return isinstance(getattr(transformer, "representation_", None), Invertible)


class RepresentationTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A member of the group `representation` with the verbs of scikit-learn.

    Points come as they are: put a StandardScaler in front of it where columns have units of their own.

    Args:
        representation: its name: pca, autoencoder, vae, umap, ... (`synthmix run --help` lists them).
        image_shape: (channels, height, width) of the images that rows of a table are, with values in [0, 1]; None
            where they are none, or where X has four dimensions already.
        random_state: a seed from 0 to 2^32 - 1, a RandomState to draw one from, or None for a fresh one.
        keys: further keys of its config. They are parameters that a search may vary, those below another one as a
            dict: ``generator={"latent_dim": 4}``.

    Attributes:
        representation_: the fitted representation.
        n_features_in_: values of a point.

    Example:
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(50, 3))
        >>> RepresentationTransformer("pca", n_components=2).fit_transform(X).shape
        (50, 2)
    """

    def __init__(
        self,
        representation: str = "pca",
        *,
        image_shape: tuple[int, int, int] | None = None,
        random_state: int | np.random.RandomState | None = 0,
        **keys: Any,
    ) -> None:
        self.representation = representation
        self.image_shape = image_shape
        self.random_state = random_state
        self.keys = keys

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters, the further keys by their own names."""
        named = {name: getattr(self, name) for name in ("representation", "image_shape", "random_state")}
        return {**named, **self.keys}

    def set_params(self, **params: Any) -> Self:
        """Sets parameters. Raises InvalidInput for one that the representation does not have."""
        for name in ("representation", "image_shape", "random_state"):
            if name in params:
                setattr(self, name, params.pop(name))
        if params:
            self.keys = {**self.keys, **params}
            member("representation", self.representation, self.keys)
        return self

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fits the representation to an array (N, D), images (N, C, H, W) or a DataFrame of numbers.

        Raises:
            InvalidInput: before anything is fitted, one line for each fault.
        """
        points, seed = self._points(X), seed_of(self.random_state)
        dataset = Dataset(_tensor(points), None, points.spec)
        self.representation_ = instantiate(self._config(points)).fit(dataset, seed=seed)
        self.n_features_in_ = points.spec.size
        self._n_features_out = self.representation_.transform(dataset.x[:1]).shape[1]
        return self

    def transform(self, X: Any) -> NDArray[Any]:
        """Represented points, (N, d)."""
        check_is_fitted(self, "representation_")
        points = self._points(X)
        if points.spec.size != self.n_features_in_:
            raise InvalidInput(f"X: has {points.spec.size} values a point; must have {self.n_features_in_}, as in fit")
        codes: NDArray[Any] = self.representation_.transform(_tensor(points))
        return codes

    @available_if(_maps_back)  # type: ignore[untyped-decorator]
    def inverse_transform(self, X: Any) -> NDArray[Any]:
        """Represented points (N, d) → rows (N, D) of the points that they stand for."""
        rows = self.representation_.inverse(np.asarray(X))
        if rows is None:
            raise InvalidInput(f"representation={self.representation}: cannot map back")
        return np.asarray(rows)

    def _points(self, X: Any) -> Points:
        points = read_points(X)
        if self.image_shape is None or points.values.ndim == 4:
            return points
        n, size = points.values.shape
        if size != np.prod(self.image_shape):
            raise InvalidInput(f"image_shape={self.image_shape}: X has {size} values a point")
        return read_points(points.values.reshape(n, *self.image_shape))

    def _config(self, points: Points) -> RepresentationConfig:
        """The representation, checked against these points as that of a cell is."""
        config = member("representation", self.representation, self.keys)
        assert isinstance(config, RepresentationConfig)
        faults = [*config.faults(config_of(_any_cell(), points))]
        if faults:
            raise InvalidInput(*faults)
        return config


@cache
def _any_cell() -> CellConfig:
    """The cell of conf/run.yaml."""
    with composer() as compose:
        return from_plain(plain(compose([])))


def _tensor(points: Points) -> torch.Tensor:
    return torch.tensor(points.values, dtype=torch.float32)
