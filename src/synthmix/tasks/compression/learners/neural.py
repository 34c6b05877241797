"""Codecs whose two halves are nets: autoencoders trained on squared error for a fixed number of steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from synthmix.data.base import Dataset
from synthmix.generators.autoencoder.base import LatentGenerator
from synthmix.generators.autoencoder.coders import ConvCoders, MlpCoders
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.autoencoder.config import AutoencoderConfig, VaeConfig
from synthmix.generators.autoencoder.model import Autoencoder, Vae
from synthmix.generators.options import Precision, TrainerOptions
from synthmix.spec import DataSpec


class NeuralCodec(TransformerMixin, BaseEstimator):
    """Encoder and decoder of a generator; what only its sampling needs is not fitted.

    Attributes:
        generator_: trained.
        n_features_in_: number of features.
    """

    steps: int
    accelerator: str
    precision: Precision
    limit_steps: int | None
    spec: DataSpec | None
    random_state: Any

    @abstractmethod
    def _generator(self) -> LatentGenerator:
        """An untrained one."""

    @property
    def _trained(self) -> dict[str, Any]:
        """What the configs of all these generators are given: the size of the latent, and how it is trained."""
        keys = ("latent_dim", "steps", "batch_size", "learning_rate")
        return {"likelihood": "gaussian", **{key: getattr(self, key) for key in keys}}

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Trains the nets on points (n_samples, n_features), images row by row; `y` is ignored.

        Raises:
            ValueError: the points have not the size that `spec` says.
            TrainingDiverged: a loss is not finite.
        """
        points: NDArray[np.float32] = validate_data(self, X, dtype=np.float32, ensure_min_samples=2)
        spec = self.spec or DataSpec("points", "table", (points.shape[1],), None, None)
        if spec.size != points.shape[1]:
            raise ValueError(f"spec.shape={spec.shape}: must have {points.shape[1]} values (n_features)")
        options = TrainerOptions(
            accelerator=self.accelerator, precision=self.precision, limit_steps=self.limit_steps, log_every=self.steps
        )
        seed = int(check_random_state(self.random_state).randint(2**31))
        dataset = Dataset(torch.from_numpy(points).view(-1, *spec.shape), None, spec)
        self.generator_ = self._generator().fit(dataset, seed=seed, options=options, for_sampling=False)
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Latents, of a distribution its mean: (n_samples, n_features) → float32, (n_samples, latent_dim)."""
        check_is_fitted(self)
        points: NDArray[np.float32] = validate_data(self, X, dtype=np.float32, reset=False)
        codes = self.generator_.encode(torch.from_numpy(points).view(-1, *self.generator_.spec.shape))
        return np.asarray(codes.numpy())

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Decoded latents, in the range of the data: (n_samples, latent_dim) → float32, (n_samples, n_features)."""
        check_is_fitted(self)
        codes = torch.from_numpy(np.asarray(X, dtype=np.float32))
        return np.asarray(self.generator_.decode(codes).flatten(1).numpy())


class AutoencoderCodec(NeuralCodec):
    """A plain autoencoder of perceptrons, d → hidden → latent → hidden → d.

    Args:
        latent_dim: values of a latent.
        hidden: units of the encoder's hidden layers; those of the decoder are the same in reverse.
        steps: updates, whatever the number of points, so that all ratios of a study train equally long.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many updates, whatever `steps` says; None for no limit.
        spec: shape and range of the points; None takes them as rows of an unbounded table.
        random_state: of weights and minibatches.
    """

    def __init__(
        self,
        latent_dim: int = 8,
        hidden: Sequence[int] = (128,),
        steps: int = 1000,
        batch_size: int = 100,
        learning_rate: float = 1e-3,
        accelerator: str = "cpu",
        precision: Precision = "32-true",
        limit_steps: int | None = None,
        spec: DataSpec | None = None,
        random_state: Any = None,
    ) -> None:
        self.latent_dim, self.hidden = latent_dim, hidden
        self.steps, self.batch_size, self.learning_rate = steps, batch_size, learning_rate
        self.accelerator, self.precision, self.limit_steps = accelerator, precision, limit_steps
        self.spec, self.random_state = spec, random_state

    def _generator(self) -> LatentGenerator:
        networks = MlpCodersConfig(hidden=list(self.hidden))
        return Autoencoder(AutoencoderConfig(networks=networks, **self._trained), MlpCoders(networks))


class ConvAutoencoderCodec(NeuralCodec):
    """A convolutional autoencoder, for square images of 28 pixels or a multiple of 8 up to 64, which `spec`
    must describe.

    Args:
        latent_dim: values of a latent.
        width: channels at half the size of an image.
        steps: updates, whatever the number of points.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many updates, whatever `steps` says; None for no limit.
        spec: shape and range of the images.
        random_state: of weights and minibatches.
    """

    def __init__(
        self,
        latent_dim: int = 8,
        width: int = 16,
        steps: int = 1000,
        batch_size: int = 100,
        learning_rate: float = 1e-3,
        accelerator: str = "cpu",
        precision: Precision = "32-true",
        limit_steps: int | None = None,
        spec: DataSpec | None = None,
        random_state: Any = None,
    ) -> None:
        self.latent_dim, self.width = latent_dim, width
        self.steps, self.batch_size, self.learning_rate = steps, batch_size, learning_rate
        self.accelerator, self.precision, self.limit_steps = accelerator, precision, limit_steps
        self.spec, self.random_state = spec, random_state

    def _generator(self) -> LatentGenerator:
        networks = ConvCodersConfig(width=self.width)
        return Autoencoder(AutoencoderConfig(networks=networks, **self._trained), ConvCoders(networks))


class VaeCodec(NeuralCodec):
    """A variational autoencoder of perceptrons, whose posterior means are its latents.

    Its noise makes neighbouring latents decode alike, which is what a coarse quantiser needs.

    Args:
        latent_dim: values of a latent.
        hidden: units of the encoder's hidden layers; those of the decoder are the same in reverse.
        beta: weight of the KL term; the variance of the Gaussian likelihood is the one that fits best.
        steps: updates, whatever the number of points.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many updates, whatever `steps` says; None for no limit.
        spec: shape and range of the points; None takes them as rows of an unbounded table.
        random_state: of weights and minibatches.
    """

    def __init__(
        self,
        latent_dim: int = 8,
        hidden: Sequence[int] = (128,),
        beta: float = 1.0,
        steps: int = 1000,
        batch_size: int = 100,
        learning_rate: float = 1e-3,
        accelerator: str = "cpu",
        precision: Precision = "32-true",
        limit_steps: int | None = None,
        spec: DataSpec | None = None,
        random_state: Any = None,
    ) -> None:
        self.latent_dim, self.hidden, self.beta = latent_dim, hidden, beta
        self.steps, self.batch_size, self.learning_rate = steps, batch_size, learning_rate
        self.accelerator, self.precision, self.limit_steps = accelerator, precision, limit_steps
        self.spec, self.random_state = spec, random_state

    def _generator(self) -> LatentGenerator:
        networks = MlpCodersConfig(hidden=list(self.hidden))
        return Vae(VaeConfig(networks=networks, beta=self.beta, **self._trained), MlpCoders(networks))
