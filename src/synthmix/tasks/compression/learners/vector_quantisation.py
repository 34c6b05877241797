"""`vector_quantisation`: parts of a point are replaced by the nearest of few codewords."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, check_random_state, validate_data

Array = NDArray[np.float64]


class VectorQuantisation(TransformerMixin, BaseEstimator):
    """Product quantisation (Jégou, Douze and Schmid 2011): a k-means codebook for each of several parts of a point.

    A part is a run of consecutive columns, of images a strip of pixels row by row; one part alone is plain vector
    quantisation. A codebook has no more codewords than its part has distinct values in train.

    Args:
        n_parts: number of parts, of sizes that differ by one column at most; that of latent values.
        n_codewords: of each codebook; None takes 16.
        n_init: starts of each k-means.
        random_state: of k-means.

    Attributes:
        codebooks_: codewords of each part, (≤ n_codewords, columns of the part).
        n_symbols_: n_codewords, so that a symbol is 0 to n_symbols_ − 1.
        n_features_in_: number of features.
    """

    def __init__(
        self, n_parts: int = 1, n_codewords: int | None = None, n_init: int = 1, random_state: Any = None
    ) -> None:
        self.n_parts, self.n_codewords, self.n_init, self.random_state = n_parts, n_codewords, n_init, random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Learns the codebooks.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0.

        Raises:
            ValueError: there are more parts than columns.
        """
        points: Array = validate_data(self, X, dtype=np.float64)
        if not 1 <= self.n_parts <= points.shape[1]:
            raise ValueError(f"n_parts={self.n_parts}: must be ≥ 1 and ≤ {points.shape[1]} (n_features)")
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        random_state = check_random_state(self.random_state)
        self.n_symbols_ = 16 if self.n_codewords is None else self.n_codewords
        self.codebooks_ = []
        present = weight > 0
        for part in self._parts(points[present]):
            n_codewords = min(self.n_symbols_, len(np.unique(part, axis=0)))
            kmeans = KMeans(n_codewords, n_init=self.n_init, random_state=random_state).fit(
                part, sample_weight=weight[present]
            )
            self.codebooks_.append(kmeans.cluster_centers_)
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.int32]:
        """Number of the nearest codeword of each part: int32, (n_samples, n_parts)."""
        check_is_fitted(self)
        points: Array = validate_data(self, X, dtype=np.float64, reset=False)
        pairs = zip(self._parts(points), self.codebooks_, strict=True)
        return np.stack([_nearest(part, codebook) for part, codebook in pairs], axis=1)

    def inverse_transform(self, X: ArrayLike) -> Array:
        """Codewords in their places: symbols (n_samples, n_parts) → (n_samples, n_features)."""
        check_is_fitted(self)
        symbols = np.asarray(X)
        return np.concatenate([book[column] for book, column in zip(self.codebooks_, symbols.T, strict=True)], axis=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # symbols are integers, whatever the points are
        return tags

    def _parts(self, points: Array) -> Iterator[Array]:
        yield from np.array_split(points, self.n_parts, axis=1)


def _nearest(part: Array, codebook: Array) -> NDArray[np.int32]:
    from sklearn.metrics import pairwise_distances_argmin

    return np.asarray(pairwise_distances_argmin(part, codebook), dtype=np.int32)
