"""`vade`: a variational autoencoder whose prior is a mixture, of which the components are the clusters."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any, Self

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from synthmix.generators.options import Precision
from synthmix.seeds import derive_seed, generator_for
from synthmix.tasks.clustering.deep.autoencoder import (
    AutoencoderNet,
    check_positive,
    coded,
    schedule_of,
    weight_tensor,
)
from synthmix.tasks.clustering.deep.base import DeepClusterer
from synthmix.tasks.clustering.deep.training import BATCH_SIZE, WeightedTraining, weighted_mean
from synthmix.tasks.mixture import GaussianMixture

MIN_VARIANCE = 1e-6  # of the likelihood, in squared units of scaled points: it is unbounded as the error goes to 0
REG_COVAR = 1e-3  # of the first mixture, in squared units of the codes
FIRST_NOISE = 0.1  # variance of the code at the beginning, in units of that within a component
DRAWS = 8  # of the code, for the held-out bound


class VadeNet(WeightedTraining):
    """Encoder, decoder and the mixture π_c N(μ_c, diag σ_c²); minimises the negative evidence lower bound.

    Args:
        net: the autoencoder; its code is the mean of q(z | x).
        mixture: fitted on its codes, diagonal.
    """

    noise: Tensor

    def __init__(self, net: AutoencoderNet, mixture: GaussianMixture) -> None:
        super().__init__()
        *trunk, head = deepcopy(net.encoder)
        assert isinstance(head, nn.Linear)
        self.trunk, self.mean = nn.Sequential(*trunk), head
        self.log_variance = nn.utils.skip_init(nn.Linear, head.in_features, head.out_features)  # type: ignore[no-untyped-call]
        # Noise as wide as the clusters lie apart, which is what random weights may give, makes them one.
        nn.init.zeros_(self.log_variance.weight)
        within = mixture.weights_ @ mixture.covariances_
        self.log_variance.bias.data = torch.from_numpy(np.log(FIRST_NOISE * within)).float()
        self.decoder = deepcopy(net.decoder)
        self.logits = nn.Parameter(torch.from_numpy(np.log(mixture.weights_)).float())
        self.centers = nn.Parameter(torch.from_numpy(mixture.means_).float())
        self.log_spreads = nn.Parameter(torch.from_numpy(np.log(mixture.covariances_)).float())
        self.register_buffer("noise", torch.zeros(()))

    def loss(self, rows: Tensor) -> Tensor:
        """The negative bound, mean over the points."""
        x, weight = self.x.index_select(0, rows), self.weight.index_select(0, rows)
        mean, log_variance = self.posterior(x)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        error = weighted_mean((self.decoder(z).float() - x).square().mean(1), weight) / weight.mean().clamp_min(1e-12)
        reconstruction = 0.5 * x.shape[1] * (torch.log(2 * math.pi * error.clamp_min(MIN_VARIANCE)) + 1)
        return reconstruction + weighted_mean(self.divergence(z, mean, log_variance), weight)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z | x): (N, d) → (N, L) each, in the type of x."""
        features = self.trunk(x)
        return self.mean(features).to(x.dtype), self.log_variance(features).to(x.dtype)

    def log_components(self, z: Tensor) -> Tensor:
        """log π_c N(z; μ_c, σ_c²): (N, L) → (N, K)."""
        deviations = (z[:, None] - self.centers).square() / self.log_spreads.exp()
        log_density = -0.5 * (deviations + self.log_spreads + math.log(2 * math.pi)).sum(2)
        return self.logits.log_softmax(0) + log_density

    def divergence(self, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """KL(q(z, c | x) ‖ p(z, c)) with q(c | x) = p(c | z): the bound of Jiang et al. 2017 but for its first term."""
        log_gamma = self.log_components(z).log_softmax(1)
        gamma = log_gamma.exp()
        spread = (log_variance.exp()[:, None] + (mean[:, None] - self.centers).square()) / self.log_spreads.exp()
        of_code = 0.5 * (gamma * (self.log_spreads + spread).sum(2)).sum(1) - 0.5 * (1 + log_variance).sum(1)
        return of_code + (gamma * (log_gamma - self.logits.log_softmax(0))).sum(1)

    @torch.no_grad()
    def measure_noise(self, x: Tensor, weight: Tensor, draws: Tensor) -> None:
        """Sets the variance of the likelihood to the one of the best bound: the mean squared error of drawn codes."""
        self.noise.fill_(weighted_mean(self._squared_errors(x, draws) / x.shape[1], weight).clamp_min(MIN_VARIANCE))

    @torch.no_grad()
    def negative_bound(self, x: Tensor, draws: Tensor) -> Tensor:
        """Of each scaled point, (N,), in nats; its expectation is a mean over `draws`, (S, L) of N(0, 1)."""
        of_constant = x.shape[1] * torch.log(2 * math.pi * self.noise)
        parts = []
        for part in torch.split(x, BATCH_SIZE):
            mean, log_variance = self.posterior(part)
            codes = (mean + draw * (0.5 * log_variance).exp() for draw in draws)
            parts.append(torch.stack([self.divergence(z, mean, log_variance) for z in codes]).mean(0))
        return 0.5 * (self._squared_errors(x, draws) / self.noise + of_constant) + torch.cat(parts)

    def _squared_errors(self, x: Tensor, draws: Tensor) -> Tensor:
        """Summed over the features, mean over the draws: (N,)."""
        parts = []
        for part in torch.split(x, BATCH_SIZE):
            mean, log_variance = self.posterior(part)
            codes = (mean + draw * (0.5 * log_variance).exp() for draw in draws)
            parts.append(torch.stack([(self.decoder(z) - part).square().sum(1) for z in codes]).mean(0))
        return torch.cat(parts)


class VariationalDeepEmbedding(DeepClusterer):
    """VaDE: a variational autoencoder with a mixture of Gaussians as prior.

    Source: Jiang, Zheng, Tan, Tang and Zhou, "Variational deep embedding", IJCAI 2017. It starts from the autoencoder
    and a mixture on its codes. The likelihood is a Gaussian whose variance fits best (Rybkin et al. 2021), and no
    Bernoulli one, so that points of any range will do. The held-out loss is the negative evidence lower bound, a bound
    of −log p(x) in the units of the points.

    Args:
        n_clusters: components, from 1 to the number of points.
        pretraining: the autoencoder to begin with; one in a `FrozenEstimator` is taken as it was fitted, None is
            `Autoencoder()`.
        steps: gradient steps, ≥ 1.
        batch_size: points of a step, ≥ 1.
        learning_rate: of Adam, > 0.
        n_init: starts of the first mixture, ≥ 1.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many steps, ≥ 1; None for no limit.
        random_state: of everything random.

    Attributes:
        net_: encoder, decoder and mixture.
        autoencoder_, labels_, n_features_in_: as of every deep clusterer.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        pretraining: Any = None,
        steps: int = 8000,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        n_init: int = 20,
        accelerator: str = "cpu",
        precision: Precision = "32-true",
        limit_steps: int | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.pretraining = pretraining
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_init = n_init
        self.accelerator = accelerator
        self.precision = precision
        self.limit_steps = limit_steps
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains the autoencoder, unless it comes fitted, then all of it.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a factor of its losses.

        Raises:
            ValueError: a parameter is out of range, or fewer points have a weight than there are clusters.
            TrainingDiverged: the loss is not finite.
        """
        check_positive(self, "steps", "batch_size", "learning_rate", "n_init", "limit_steps")
        points, weight, seed = self._begin(X, sample_weight)
        self._seed = derive_seed(seed, "clustering")
        scaled, autoencoder = self.autoencoder_.scaled(points), self.autoencoder_.net_
        mixture = self._first_mixture(coded(autoencoder.encoder, scaled), weight)
        self.net_ = VadeNet(autoencoder, mixture)
        weights = weight_tensor(weight)
        self.net_.train_on(scaled.float(), weights, schedule_of(self), self._seed)
        self.net_.measure_noise(scaled.float(), weights, self._draws)
        self.labels_ = self._assigned(scaled)
        return self

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """The negative evidence lower bound of each point, in nats of a density over the points: (n_samples,)."""
        x = self._scaled(X).double()
        bound = self._double.negative_bound(x, self._draws.double())
        return np.asarray(bound.numpy() + x.shape[1] * math.log(self.autoencoder_.scale_))

    @property
    def _draws(self) -> Tensor:
        return torch.randn(DRAWS, len(self.net_.centers.T), generator=generator_for(self._seed, "bound"))

    @property
    def _encoder(self) -> nn.Module:
        return nn.Sequential(self.net_.trunk, self.net_.mean)

    @property
    def _double(self) -> VadeNet:
        return deepcopy(self.net_).double()

    @torch.no_grad()
    def _assigned(self, x: Tensor) -> NDArray[Any]:
        codes = torch.from_numpy(coded(self._encoder, x.double()))
        return np.asarray(self._double.log_components(codes).argmax(1).numpy())

    def _first_mixture(self, codes: NDArray[Any], weight: NDArray[np.float64]) -> GaussianMixture:
        mixture = GaussianMixture(
            self.n_clusters,
            covariance_type="diag",
            n_init=self.n_init,
            reg_covar=REG_COVAR,
            random_state=derive_seed(self._seed, "mixture") % 2**32,
        )
        even = np.ptp(weight) == 0
        return mixture.fit(codes.astype(np.float64), sample_weight=None if even else weight)
