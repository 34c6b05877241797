"""A Gaussian mixture by stochastic gradient descent, in place of EM."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.optim import Adam, Optimizer

from synthmix.generators.mixture.config import GaussianMixtureSgdConfig
from synthmix.generators.mixture.density import GaussianMixtureDensity, mixture_log_prob
from synthmix.generators.mixture.subspace import Subspace, SubspaceMixture
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec


class GaussianMixtureSgd(TrainedGenerator):
    """Minimises −1/B Σ_n log Σ_k π_k N(x_n; μ_k, L_k L_kᵀ) by Adam on minibatches.

    The parameters are free: π = softmax of logits, and L_k lower triangular with √r + softplus of what is learnt on its
    diagonal, so that no covariance collapses (as in Hosseini and Sra 2015, who compare such fits with EM, and Gepperth
    and Pfülb 2021). It starts where EM does: at the clusters of k-means, with the covariance that they share. The
    learning rate falls linearly to 0. On images the mixture is one of principal components, see `Subspace`.

    Args:
        config: K components, their covariances, and how they learn; r is its `covariance_regularization`.
    """

    config: GaussianMixtureSgdConfig
    network: MixtureParameters
    annealed = True

    def __init__(self, config: GaussianMixtureSgdConfig) -> None:
        super().__init__(config)

    def build(self, spec: DataSpec) -> None:
        """Allocates one dimension; `start` replaces it, as the dimension depends on the points."""
        self._make(Subspace(torch.zeros(spec.size), torch.zeros(1, spec.size)))

    def start(self, x: Tensor) -> None:
        """Fits the frame, and k-means in it."""
        self._make(
            Subspace.fit(x, self.config.pca_variance, self.spec, regularization=self.config.covariance_regularization)
        )
        self.network.start(self.frame.project(x), derive_seed(self.seed, "clusters") % 2**32)
        self.begin_average()

    def training_points(self, x: Tensor) -> Tensor:
        """(N, *shape) → (N, L + 1), float32: points in the frame, and what makes their density one of the data."""
        return torch.cat([self.frame.project(x), self.frame.log_volume(x)[:, None]], dim=1).float()

    def configure_optimizers(self) -> Optimizer:
        """Adam."""
        return self.optimizer

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update on the mean negative log-likelihood of a minibatch; it is reported in nats of the data."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * (1 - self.steps_done / self.steps)
        log_prob = self.network(batch[:, :-1]).mean()
        self.optimizer.zero_grad()
        (-log_prob).backward()
        self.optimizer.step()
        log_likelihood = log_prob.detach() + batch[:, -1].mean()
        return {"negative_log_likelihood": -log_likelihood, "log_likelihood": log_likelihood}

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Points of the mixture."""
        return self.mixture.draw(n, rng, self.spec)

    def score_samples(self, x: Tensor) -> Tensor:
        """Points (N, *shape) → natural logarithms of their density (N,), float64; before any clipping to a range."""
        return self.mixture.score_samples(x)

    @property
    def mixture(self) -> SubspaceMixture:
        """The density of the data, as it is now."""
        sampler = self.sampler
        assert isinstance(sampler, MixtureParameters)
        return SubspaceMixture(deepcopy(self.frame).cpu(), sampler.density().cpu())

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads frame and parameters."""
        self._make(Subspace.of_state(state, "frame."))
        self.begin_average()
        super().load_fitted(state)

    def _make(self, frame: Subspace) -> None:
        self.frame = frame
        floor = self.config.covariance_regularization**0.5
        self.network = MixtureParameters(
            self.config.n_components, frame.dim, full=self.config.covariance == "full", floor=floor
        )
        self.optimizer = Adam(self.network.parameters(), lr=self.config.learning_rate, fused=True)


class MixtureParameters(nn.Module):
    """Logits of the weights (K,), means (K, L) and what the Cholesky factors are made of, (K, L) or (K, L, L).

    Args:
        n_components: K.
        dim: L.
        full: whether the factors are triangular, not diagonal.
        floor: the least entry of their diagonals.
    """

    def __init__(self, n_components: int, dim: int, *, full: bool, floor: float) -> None:
        super().__init__()
        self.floor = floor
        self.logits = nn.Parameter(torch.zeros(n_components))
        self.means = nn.Parameter(torch.zeros(n_components, dim))
        self.scales = nn.Parameter(torch.zeros(n_components, dim))
        self.lower = nn.Parameter(torch.zeros(n_components, dim, dim)) if full else None

    @property
    def factors(self) -> Tensor:
        """The Cholesky factors, as in `GaussianMixtureDensity`."""
        diagonal = self.floor + F.softplus(self.scales)
        return diagonal if self.lower is None else self.lower.tril(-1) + diagonal.diag_embed()

    def forward(self, z: Tensor) -> Tensor:
        """(N, L) → log-density (N,)."""
        return mixture_log_prob(z, self.logits.log_softmax(0), self.means, self.factors)

    @torch.no_grad()
    def start(self, z: Tensor, seed: int) -> None:
        """Initialises from clusters of points (N, L): weights, means and the within-cluster covariance."""
        points, n_components = z.numpy(), len(self.logits)
        clusters = KMeans(n_components, n_init=1, random_state=seed).fit(points)
        counts = np.bincount(clusters.labels_, minlength=n_components)
        within = points - clusters.cluster_centers_[clusters.labels_]
        covariance = torch.from_numpy(within.T @ within / len(points)) + self.floor**2 * torch.eye(z.shape[1])
        factor = torch.linalg.cholesky(covariance) if self.lower is not None else covariance.diagonal().sqrt().diag()
        self.logits.copy_(torch.from_numpy(np.log(np.maximum(counts, 1) / len(points))))
        self.means.copy_(torch.from_numpy(clusters.cluster_centers_))
        self.scales.copy_(inverse_softplus((factor.diagonal() - self.floor).clamp_min(1e-3)))
        if self.lower is not None:
            self.lower.copy_(factor.tril(-1))

    def density(self) -> GaussianMixtureDensity:
        """The same mixture in float64, with no gradient."""
        return GaussianMixtureDensity(self.logits.softmax(0), self.means, self.factors)


def inverse_softplus(y: Tensor) -> Tensor:
    """x with log(1 + e^x) = y, for y > 0."""
    return y + torch.log(-torch.expm1(-y))
