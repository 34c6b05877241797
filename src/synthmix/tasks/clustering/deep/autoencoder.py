"""The autoencoder that the deep clusterers begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from torch import Tensor, nn

from synthmix.generators.networks import mlp
from synthmix.generators.options import Precision
from synthmix.seeds import derive_seed, isolated_rng
from synthmix.tasks.clustering.deep.training import CHECK_EVERY, Schedule, WeightedTraining, applied, weighted_mean

FLOATS = [np.float64, np.float32]  # either is kept as it comes


class AutoencoderNet(WeightedTraining):
    """d → hidden → latent_dim and back in reverse, ReLU between the layers; minimises the mean squared error."""

    def __init__(self, n_features: int, hidden: Sequence[int], latent_dim: int) -> None:
        super().__init__()
        self.encoder = mlp([n_features, *hidden, latent_dim], nn.ReLU)
        self.decoder = mlp([latent_dim, *reversed(hidden), n_features], nn.ReLU)

    def loss(self, rows: Tensor) -> Tensor:
        """Squared error, mean over values and points."""
        x = self.x.index_select(0, rows)
        error = (self.decoder(self.encoder(x)) - x).square().mean(1)
        return weighted_mean(error, self.weight.index_select(0, rows))


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A perceptron 784-500-500-2000-10-2000-500-500-784 (Xie et al., ICML 2016), trained from end to end by Adam.

    Points are centred and divided by one number, so that their squares are 1 in the mean over values; the paper scales
    them likewise without centring, and pretrains layer by layer.

    Args:
        hidden: units of the encoder's hidden layers, each ≥ 1; those of the decoder are the same in reverse.
        latent_dim: size of the code, ≥ 1.
        steps: gradient steps, ≥ 1, whatever the number of points.
        batch_size: points of a step, ≥ 1.
        learning_rate: of Adam, > 0.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many steps, ≥ 1; None for no limit.
        random_state: of weights and minibatches.

    Attributes:
        net_: encoder and decoder.
        mean_: of the points (n_features,).
        scale_: the number that they are divided by.
        n_features_in_: number of features.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (500, 500, 2000),
        *,
        latent_dim: int = 10,
        steps: int = 10000,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        accelerator: str = "cpu",
        precision: Precision = "32-true",
        limit_steps: int | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.hidden = hidden
        self.latent_dim = latent_dim
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.accelerator = accelerator
        self.precision = precision
        self.limit_steps = limit_steps
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains the net.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a factor of its loss.

        Raises:
            ValueError: a parameter is out of range, or all weights are 0.
            TrainingDiverged: the loss is not finite.
        """
        points: NDArray[Any] = validate_data(self, X, dtype=FLOATS)
        weight = relative_weights(_check_sample_weight(sample_weight, points, ensure_non_negative=True))
        check_positive(self, "latent_dim", "steps", "batch_size", "learning_rate", "limit_steps")
        self.mean_ = np.average(points, axis=0, weights=weight)
        variance = float(np.average(np.square(points - self.mean_).mean(axis=1), weights=weight))
        self.scale_ = variance**0.5 if variance > 0 else 1.0
        seed = seed_of(self.random_state)
        self._build(seed)
        self.net_.train_on(self.scaled(points).float(), weight_tensor(weight), schedule_of(self), seed)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Codes (n_samples, latent_dim), in the type of X."""
        check_is_fitted(self)
        points: NDArray[Any] = validate_data(self, X, dtype=FLOATS, reset=False)
        return coded(self.net_.encoder, self.scaled(points))

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Squared error of each point's reconstruction, summed over the features: (n_samples,)."""
        check_is_fitted(self)
        points: NDArray[Any] = validate_data(self, X, dtype=FLOATS, reset=False)
        return self.squared_errors(self.net_.encoder, self.net_.decoder, points)

    def scaled(self, X: NDArray[Any]) -> Tensor:
        """Points as the nets see them, (N, d), in the type of X."""
        return torch.from_numpy(((X - self.mean_) / self.scale_).astype(X.dtype, copy=False))

    def squared_errors(self, encoder: nn.Module, decoder: nn.Module, X: NDArray[Any]) -> NDArray[np.float64]:
        """Of the reconstruction by nets of these shapes, in squared units of the points: (n_samples,)."""
        scaled = self.scaled(X).double()
        found = applied(nn.Sequential(deepcopy(encoder), deepcopy(decoder)).double(), scaled)
        return np.asarray((found - scaled).square().sum(1).numpy() * self.scale_**2)

    def state(self) -> dict[str, Any]:
        """What it has learnt, as tensors and plain values."""
        check_is_fitted(self)
        return {"mean": torch.from_numpy(self.mean_), "scale": self.scale_, "net": self.net_.state_dict()}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up what one with the same parameters has learnt."""
        self.mean_, self.scale_ = state["mean"].numpy(), state["scale"]
        self.n_features_in_ = len(self.mean_)
        self._build(0)
        self.net_.load_state_dict(state["net"])
        self.net_.eval()
        return self

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim

    def _build(self, seed: int) -> None:
        with isolated_rng(derive_seed(seed, "weights")):
            self.net_ = AutoencoderNet(self.n_features_in_, self.hidden, self.latent_dim)


def schedule_of(estimator: Any, check_every: int = CHECK_EVERY) -> Schedule:
    """The schedule that the parameters of an estimator state; a block of minibatches ends every `check_every` steps."""
    steps = estimator.steps if estimator.limit_steps is None else min(estimator.steps, estimator.limit_steps)
    return Schedule(
        steps=steps,
        batch_size=estimator.batch_size,
        learning_rate=estimator.learning_rate,
        accelerator=estimator.accelerator,
        precision=estimator.precision,
        check_every=check_every,
    )


def check_positive(estimator: Any, *names: str) -> None:
    """Raises ValueError where one of these parameters is neither above 0 nor None."""
    for name in names:
        value = getattr(estimator, name)
        if value is not None and not value > 0:
            raise ValueError(f"{name}={value}: must be > 0")


def relative_weights(weight: NDArray[Any]) -> NDArray[np.float64]:
    """The weights (n_samples,) with mean 1."""
    return np.asarray(weight / weight.mean(), dtype=np.float64)


def weight_tensor(weight: NDArray[Any]) -> Tensor:
    """As the nets take them, float32."""
    return torch.from_numpy(np.array(weight, dtype=np.float32))


def seed_of(random_state: int | RandomState | None) -> int:
    """A seed for what is not numpy's."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def coded(encoder: nn.Module, x: Tensor) -> NDArray[Any]:
    """Codes of scaled points, in their type; in double precision, so that a code does not depend on its batch."""
    return applied(deepcopy(encoder).double(), x.double()).to(x.dtype).numpy()
