"""`dec` and `idec`: centres and codes that are trained towards a sharper assignment."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from synthmix.generators.options import Precision
from synthmix.seeds import derive_seed
from synthmix.tasks.clustering.deep.autoencoder import (
    AutoencoderNet,
    check_positive,
    coded,
    schedule_of,
    weight_tensor,
)
from synthmix.tasks.clustering.deep.base import DeepClusterer
from synthmix.tasks.clustering.deep.training import WeightedTraining, applied, weighted_mean


def log_assignment(codes: Tensor, centers: Tensor) -> Tensor:
    """log q_ij, q_ij ∝ (1 + ‖z_i − μ_j‖²)⁻¹ with Σ_j q_ij = 1: codes (N, L), centres (K, L) → (N, K).

    Student's t with one degree of freedom, equation 1 of Xie et al. 2016.
    """
    kernel = -torch.log1p((codes[:, None] - centers).square().sum(2))
    return kernel.log_softmax(1)


def target_distribution(log_q: Tensor, weight: Tensor) -> Tensor:
    """p_ij ∝ q_ij² / f_j with f_j = Σ_i w_i q_ij and Σ_j p_ij = 1, (N, K): equation 3 of Xie et al. 2016, weighted."""
    frequency = (weight[:, None] * log_q.exp()).sum(0)
    return (2 * log_q - frequency.log()).softmax(1)


class EmbeddedNet(WeightedTraining):
    """Minimises γ KL(P ‖ Q) plus, where there is a decoder, the mean squared error of the reconstruction.

    P is computed anew before each block of minibatches; the training ends where fewer than `tol` of the points,
    by weight, have changed their cluster since the block before.
    """

    target: Tensor

    def __init__(self, net: AutoencoderNet, centers: Tensor, *, gamma: float, tol: float, decodes: bool) -> None:
        super().__init__()
        self.encoder = deepcopy(net.encoder)
        self.decoder = deepcopy(net.decoder) if decodes else None
        self.centers = nn.Parameter(centers)
        self.gamma, self.tol = gamma, tol
        self._assigned: Tensor | None = None

    def begin_block(self) -> bool:
        """Updates P, and says whether enough assignments have changed."""
        with torch.no_grad():
            log_q = log_assignment(applied(self.encoder, self.x).float(), self.centers)
            self.target = target_distribution(log_q, self.weight)
        assigned, before = log_q.argmax(1), self._assigned
        self._assigned = assigned
        return before is None or float((self.weight * (assigned != before)).mean()) >= self.tol

    def loss(self, rows: Tensor) -> Tensor:
        """The objective."""
        x, weight = self.x.index_select(0, rows), self.weight.index_select(0, rows)
        codes, p = self.encoder(x), self.target.index_select(0, rows)
        log_q = log_assignment(codes.float(), self.centers)
        divergence = (torch.special.xlogy(p, p) - p * log_q).sum(1)
        if self.decoder is None:
            return weighted_mean(self.gamma * divergence, weight)
        return weighted_mean((self.decoder(codes) - x).square().mean(1) + self.gamma * divergence, weight)


class DeepEmbeddedClustering(DeepClusterer):
    """DEC: the encoder and the centres learn a sharper version of their own soft assignment.

    Source: Xie, Girshick and Farhadi, "Unsupervised deep embedding for clustering analysis", ICML 2016. The decoder is
    dropped; centres start from k-means on the autoencoder's codes. What it minimises, KL(P ‖ Q), falls with any
    sharpening of the code, a collapse included, and cannot be compared between trainings: it has no held-out loss.

    Args:
        n_clusters: from 1 to the number of points.
        pretraining: the autoencoder to begin with; one in a `FrozenEstimator` is taken as it was fitted, None is
            `Autoencoder()`.
        steps: gradient steps at most, ≥ 1.
        batch_size: points of a step, ≥ 1.
        learning_rate: of Adam, > 0.
        update_interval: steps between two target distributions, ≥ 1.
        tol: the training ends where a smaller share of the points has changed its cluster since the last target; 0
            takes all steps.
        n_init: starts of the k-means, ≥ 1.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many steps, ≥ 1; None for no limit.
        random_state: of everything random.

    Attributes:
        net_: encoder and centres.
        n_steps_: gradient steps taken.
        autoencoder_, labels_, n_features_in_: as of every deep clusterer.
    """

    _decodes = False

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        pretraining: Any = None,
        steps: int = 8000,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        update_interval: int = 140,
        tol: float = 1e-3,
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
        self.update_interval = update_interval
        self.tol = tol
        self.n_init = n_init
        self.accelerator = accelerator
        self.precision = precision
        self.limit_steps = limit_steps
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains the autoencoder, unless it comes fitted, then encoder and centres.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a factor of its losses, and of its share of a cluster.

        Raises:
            ValueError: a parameter is out of range, or fewer points have a weight than there are clusters.
            TrainingDiverged: the loss is not finite.
        """
        check_positive(self, "steps", "batch_size", "learning_rate", "update_interval", "n_init", "limit_steps")
        points, weight, seed = self._begin(X, sample_weight)
        scaled, autoencoder = self.autoencoder_.scaled(points), self.autoencoder_.net_
        kmeans = self._kmeans(coded(autoencoder.encoder, scaled), weight, self.n_init, seed)
        centers = torch.from_numpy(kmeans.cluster_centers_).float()
        self.net_ = EmbeddedNet(autoencoder, centers, gamma=self._gamma, tol=self.tol, decodes=self._decodes)
        schedule = schedule_of(self, self.update_interval)
        self.net_.train_on(scaled.float(), weight_tensor(weight), schedule, derive_seed(seed, "clustering"))
        self.n_steps_ = self.net_.steps_done
        self.labels_ = self._assigned(scaled)
        return self

    def soft_assignment(self, X: ArrayLike) -> NDArray[np.float64]:
        """q of each point and cluster: (n_samples, n_clusters)."""
        return np.exp(self._log_assignment(self._scaled(X)))

    @property
    def _gamma(self) -> float:
        return 1.0

    @property
    def _encoder(self) -> nn.Module:
        return self.net_.encoder

    def _assigned(self, x: Tensor) -> NDArray[Any]:
        return np.asarray(self._log_assignment(x).argmax(axis=1))

    def _log_assignment(self, x: Tensor) -> NDArray[np.float64]:
        codes = torch.from_numpy(coded(self.net_.encoder, x.double()))
        return np.asarray(log_assignment(codes, self.net_.centers.detach().double()).numpy())


class ImprovedDeepEmbeddedClustering(DeepEmbeddedClustering):
    """IDEC: DEC whose decoder is kept, so that the code goes on to tell the points apart.

    Source: Guo, Gao, Liu and Yin, "Improved deep embedded clustering with local structure preservation", IJCAI 2017.
    Its held-out loss is the reconstruction error, the part of what it minimises that is in units of the points; the
    other part is that of DEC.

    Args:
        n_clusters: as of DEC, like all that is not named here.
        gamma: weight of the clustering loss beside the mean squared error of scaled points, > 0.
    """

    _decodes = True

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        gamma: float = 0.1,
        pretraining: Any = None,
        steps: int = 8000,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        update_interval: int = 140,
        tol: float = 1e-3,
        n_init: int = 20,
        accelerator: str = "cpu",
        precision: Precision = "32-true",
        limit_steps: int | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        super().__init__(
            n_clusters,
            pretraining=pretraining,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            update_interval=update_interval,
            tol=tol,
            n_init=n_init,
            accelerator=accelerator,
            precision=precision,
            limit_steps=limit_steps,
            random_state=random_state,
        )
        self.gamma = gamma

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Squared error of each point's reconstruction, summed over the features: (n_samples,)."""
        points = self._points(X)
        assert self.net_.decoder is not None
        return self.autoencoder_.squared_errors(self.net_.encoder, self.net_.decoder, points)

    @property
    def _gamma(self) -> float:
        check_positive(self, "gamma")
        return self.gamma
