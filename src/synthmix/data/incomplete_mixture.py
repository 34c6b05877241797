"""Gaussian mixtures of points with missing values (NaN), fitted by EM to what is there of each point."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

SIZES = (1, 2, 3, 5, 8, 12, 20, 30)  # numbers of components among which `fit_by_bic` chooses
CHUNK_BYTES = 2**25  # of the covariances of a chunk of points, one for each point and component


@dataclass(frozen=True)
class IncompleteMixture:
    """A mixture of Gaussians with full covariances, as a density of whichever values of a point are there.

    Ghahramani and Jordan 1994; of one component Little and Rubin 2019, section 11.2. What is missing is integrated out:
    the observed values o of a point have the density Σ_k π_k N(x_o; μ_k,o, Σ_k,oo). Values are missing at random where
    that is the likelihood to maximise: whether one is missing then tells nothing about it beyond what the point shows.

    Attributes:
        weights: π, (K,).
        means: μ, (K, D).
        covariances: Σ, (K, D, D).
        curve: mean log-likelihood of what is there of a point, before the first round of EM and after each.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor
    curve: Sequence[float] = ()

    @property
    def n_parameters(self) -> int:
        """Weights but one, means and covariances."""
        n_components, dim = self.means.shape
        return n_components - 1 + n_components * (dim + dim * (dim + 1) // 2)

    def log_prob(self, x: Tensor) -> Tensor:
        """Natural logarithms of the density of what is there of the points, (N, D) → (N,), float64."""
        return torch.cat([chunk.joint.logsumexp(1) for chunk in self._chunks(x)])

    def log_likelihood(self, x: Tensor) -> float:
        """Of what is there of points (N, D), summed."""
        return float(self.log_prob(x).sum())

    def conditional_mean(self, x: Tensor) -> Tensor:
        """The points, (N, D), with E[x_m | x_o] in place of what is missing: the guess of least squared error."""
        means = [(chunk.joint.softmax(1)[..., None] * chunk.filled).sum(1) for chunk in self._chunks(x)]
        return torch.where(x.isnan(), torch.cat(means), x.double())

    def bic(self, x: Tensor) -> float:
        """Schwarz 1978, with a point counted whole whatever is missing of it."""
        return math.log(len(x)) * self.n_parameters - 2 * self.log_likelihood(x)

    def improved(self, x: Tensor, regularization: float, responsibilities: Tensor | None = None) -> tuple[Self, float]:
        """One round of EM, and the mean log-likelihood before it.

        Args:
            x: (N, D).
            regularization: added to the diagonals.
            responsibilities: (N, K), in place of those under this mixture.
        """
        total = log_likelihood = torch.zeros((), dtype=torch.float64)
        first, second = torch.zeros_like(self.means), torch.zeros_like(self.covariances)
        start = 0
        for chunk in self._chunks(x):
            end = start + len(chunk.joint)
            log_likelihood = log_likelihood + chunk.joint.logsumexp(1).sum()
            share = chunk.joint.softmax(1) if responsibilities is None else responsibilities[start:end]
            away = chunk.filled - self.means
            total = total + share.sum(0)
            first = first + torch.einsum("nk,nkd->kd", share, away)
            second = second + torch.einsum("nk,nkd,nke->kde", share, away, away)
            of_pattern = torch.zeros(chunk.spread.shape[:2], dtype=torch.float64).index_add_(0, chunk.pattern, share)
            second = second + torch.einsum("pk,pkde->kde", of_pattern, chunk.spread)
            start = end
        counts = total.clamp_min(10 * torch.finfo(torch.float64).eps)
        step = first / counts[:, None]
        covariances = second / counts[:, None, None] - step[:, :, None] * step[:, None, :]
        covariances = covariances + regularization * torch.eye(x.shape[1], dtype=torch.float64)
        return type(self)(counts / len(x), self.means + step, covariances), float(log_likelihood) / len(x)

    def _chunks(self, x: Tensor) -> Iterator[_Expected]:
        n_components, dim = self.means.shape
        size = max(1, CHUNK_BYTES // (8 * n_components * dim * dim))
        for part in torch.split(x.double(), size):
            yield self._expected(part)

    def _expected(self, x: Tensor) -> _Expected:
        """What the mixture expects of what is missing of some points, (B, D); points of one pattern share its cost."""
        observed, pattern = torch.unique(~x.isnan(), dim=0, return_inverse=True)
        shown = observed.double()
        both = (shown[:, :, None] * shown[:, None, :])[:, None]
        # The rows and columns of what is missing are those of the identity: the inverse is then that of Σ_oo, in place.
        masked = self.covariances * both + torch.diag_embed(1 - shown)[:, None]
        factor = torch.linalg.cholesky(masked)
        precision = torch.cholesky_inverse(factor) * both
        gain = self.covariances @ precision  # (P, K, D, D): Σ_·o Σ_oo⁻¹
        spread = self.covariances - gain @ self.covariances
        hidden = 1 - shown
        spread = spread * (hidden[:, :, None] * hidden[:, None, :])[:, None]
        away = torch.where(x.isnan(), 0.0, x)[:, None] - self.means * shown[pattern][:, None]
        guess = self.means + torch.einsum("bkde,bke->bkd", gain[pattern], away)
        filled = torch.where(x.isnan()[:, None], guess, x[:, None])
        distance = torch.einsum("bkd,bkde,bke->bk", away, precision[pattern], away)
        log_volume = 2 * factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        log_volume = log_volume + shown.sum(1, keepdim=True) * math.log(2 * math.pi)
        return _Expected(self.weights.log() - 0.5 * (log_volume[pattern] + distance), filled, spread, pattern)


class _Expected(NamedTuple):
    """Of B points with P patterns of what is missing.

    Attributes:
        joint: log π_k + log N(x_o; …), (B, K).
        filled: the points, with what each component expects of what is missing, (B, K, D).
        spread: covariance of what is missing given what is there, and 0 elsewhere, (P, K, D, D).
        pattern: of each point, (B,).
    """

    joint: Tensor
    filled: Tensor
    spread: Tensor
    pattern: Tensor


def fit_incomplete(
    x: Tensor,
    n_components: int,
    *,
    seed: int,
    regularization: float = 1e-2,
    n_init: int = 1,
    max_iterations: int = 200,
    tolerance: float = 1e-3,
) -> IncompleteMixture:
    """The likeliest of `n_init` mixtures, each by EM from k-means on points that a single Gaussian has filled.

    Args:
        x: (N, D) with NaN where a value is missing, no column without any value, on a scale on which
            `regularization` is small beside its variances.
        n_components: K.
        seed: of the starts.
        regularization: added to the diagonals of covariances in each round.
        n_init: starts; one component needs but one.
        max_iterations: rounds of EM of each start.
        tolerance: gain of the mean log-likelihood below which EM ends.
    """
    x = x.double()
    mean, variance = x.nanmean(0), (x - x.nanmean(0)).square().nanmean(0)
    alone = IncompleteMixture(
        torch.ones(1, dtype=torch.float64), mean[None], torch.diag(variance + regularization)[None]
    )
    alone = _em(alone, x, regularization, max_iterations, tolerance)
    if n_components == 1:
        return alone
    filled = alone.conditional_mean(x)
    starts = (_started(alone, x, filled, n_components, seed + number, regularization) for number in range(n_init))
    fits = [_em(start, x, regularization, max_iterations, tolerance) for start in starts]
    return max(fits, key=lambda fit: fit.curve[-1])


def fit_by_bic(x: Tensor, *, seed: int) -> IncompleteMixture:
    """The first mixture after which BIC rises, of those whose every component has points that determine it."""
    fewest = x.shape[1] + 1
    best = fit_incomplete(x, 1, seed=seed)
    for n_components in SIZES[1:]:
        if n_components * fewest > len(x):
            break
        larger = fit_incomplete(x, n_components, seed=seed)
        if float(larger.weights.min()) * len(x) < fewest or larger.bic(x) >= best.bic(x):
            break
        best = larger
    return best


def _started(
    alone: IncompleteMixture, x: Tensor, filled: Tensor, n_components: int, seed: int, regularization: float
) -> IncompleteMixture:
    """A mixture of what k-means finds among filled points, with the spread of what is missing of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than components
        labels = KMeans(n_components, n_init=1, random_state=seed % 2**32).fit(filled.numpy()).labels_
    share = torch.nn.functional.one_hot(torch.from_numpy(labels).long(), n_components).double()
    copies = IncompleteMixture(
        torch.full((n_components,), 1 / n_components, dtype=torch.float64),
        alone.means.repeat(n_components, 1),
        alone.covariances.repeat(n_components, 1, 1),
    )
    return copies.improved(x, regularization, share)[0]


def _em(
    mixture: IncompleteMixture, x: Tensor, regularization: float, max_iterations: int, tolerance: float
) -> IncompleteMixture:
    """Rounds of EM until one gains less than `tolerance`."""
    curve: list[float] = []
    for _ in range(max_iterations):
        better, before = mixture.improved(x, regularization)
        curve.append(before)
        if len(curve) > 1 and curve[-1] - curve[-2] < tolerance:
            break
        mixture = better
    else:
        curve.append(mixture.log_likelihood(x) / len(x))
    return IncompleteMixture(mixture.weights, mixture.means, mixture.covariances, curve)
