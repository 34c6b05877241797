"""Compression: a codec is fitted on the mixture, and its quantised latents are all that is kept of held-out points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from synthmix.spec import DataSpec
from synthmix.tasks.compression.coding import SymbolFrequencies, UniformQuantiser
from synthmix.tasks.compression.outputs import CODE_LENGTH, PEAK, RATE_WEIGHT, RECONSTRUCTION, SQUARED_ERROR, SYMBOLS
from synthmix.tasks.compression.task_config import CompressionConfig
from synthmix.tasks.outputs import HELD_OUT_LOSS
from synthmix.tasks.seeding import with_random_state

Points = NDArray[Any]


class Compression:
    """The task of keeping a point in few bits.

    Codec, quantiser and the frequencies of symbols are all learnt from the mixture; a held-out point is sent as the
    integers of its quantised latent, and rebuilt from these alone. A codec whose latents are integers already says how
    many there are by `n_symbols_` once it is fitted, and is not quantised.

    Args:
        config: bits of a symbol, the range of the quantiser, and what a bit costs.
        estimator: the learner, an unfitted scikit-learn estimator with `fit`, `transform` (points → latents) and
            `inverse_transform`. Where its `spec` is None, it is given that of the data; where its `n_codewords` is
            None, 2^bits.
        spec: of the data.
    """

    prefix: ClassVar[str] = "compression"
    learner: ClassVar[str] = "codec"
    scored_by: ClassVar[str] = "synthmix.tasks.compression.metrics"
    drawn_by: ClassVar[str] = "synthmix.tasks.compression.pictures"
    primary: ClassVar[Sequence[str]] = ("rate_distortion_cost",)
    choose_by: ClassVar[Sequence[str]] = ("rate_distortion_cost",)

    def __init__(self, config: CompressionConfig, *, estimator: Any, spec: DataSpec) -> None:
        self.config, self.estimator, self.spec = config, estimator, spec
        self.quantiser: UniformQuantiser | None = None

    def fit(self, points: Points, weight: NDArray[Any] | None, seed: int) -> Self:
        """Fits the codec to points (N, d), in float64, then the quantiser and the frequencies to their latents.

        Raises:
            ValueError: the codec has more latent values than a point has.
        """
        points = points.astype(np.float64)
        known = {"spec": self.spec, "n_codewords": 2**self.config.bits}
        for key, value in known.items():
            if getattr(self.estimator, key, 0) is None:
                self.estimator.set_params(**{key: value})
        with_random_state(self.estimator, seed, "codec")
        self.estimator.fit(points, **({} if weight is None else {"sample_weight": weight}))
        latents = self._latents(points)
        if latents.shape[1] > points.shape[1]:
            raise ValueError(f"{latents.shape[1]} latent values of a point; must be ≤ {points.shape[1]}, its own")
        levels: int | None = getattr(self.estimator, "n_symbols_", None)
        if levels is None:
            self.quantiser = UniformQuantiser.fit(latents, weight, self.config.bits, self.config.clipped_share)
            levels = self.quantiser.levels
        self.frequencies = SymbolFrequencies.fit(self._symbols(latents), weight, levels)
        return self

    def outputs(self, points: Points) -> dict[str, NDArray[Any]]:
        """What is stored of the points (N, d): see `synthmix.tasks.compression.outputs`, and `held_out_loss`."""
        points = points.astype(np.float64)
        symbols = self._symbols(self._latents(points))
        received = symbols if self.quantiser is None else self.quantiser.decode(symbols)
        rebuilt = self._rebuilt(received)
        bounds = self.spec.value_range
        return {
            **({} if bounds is None else {PEAK: np.array([bounds[1] - bounds[0]])}),
            SYMBOLS: symbols,
            CODE_LENGTH: self.frequencies.code_length(symbols),
            SQUARED_ERROR: np.square(points - rebuilt).sum(axis=1),
            RECONSTRUCTION: rebuilt.astype(np.float32 if bounds is None else np.float16),
            RATE_WEIGHT: np.array([self.config.rate_weight]),
            HELD_OUT_LOSS: self.losses(points),
        }

    def losses(self, points: Points) -> NDArray[np.float64]:
        """The codec's own squared error of each point, without the quantiser, summed over its values: (N,)."""
        points = points.astype(np.float64)
        return np.asarray(np.square(points - self._rebuilt(self._latents(points))).sum(axis=1))

    def _latents(self, points: Points) -> Points:
        return np.asarray(self.estimator.transform(points))

    def _symbols(self, latents: Points) -> NDArray[np.int32]:
        return latents.astype(np.int32) if self.quantiser is None else self.quantiser.encode(latents.astype(np.float64))

    def _rebuilt(self, latents: Points) -> NDArray[np.float64]:
        """Decoded latents (N, d), in the range of the data where it has one."""
        rebuilt = np.asarray(self.estimator.inverse_transform(latents), dtype=np.float64)
        return rebuilt if self.spec.value_range is None else rebuilt.clip(*self.spec.value_range)
