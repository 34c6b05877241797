"""Toy data of a known distribution: every shape is a mixture of Gaussians, sampled and evaluated exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.toy_config import Shape, toy_spec
from synthmix.seeds import generator_for

# Neighbours lie within one standard deviation of each other up to a separation of 40.
GAUSSIANS_PER_MOON = 256
MOON_GAP = 0.5
PAIR_WIDTH = 3.5
N_DRAWS = 64


def load_toy(
    *, shape: Shape, n_points: int, n_clusters: int, dimension: int, separation: float, structure_seed: int
) -> Dataset:
    """Draws points from a distribution that the dataset carries along in `density`.

    Args:
        shape: `blobs`, spherical Gaussians of unit variance and equal weight; `gaussian_mixture`, Gaussians of
            differing weight and orientation; `moons`, half circles that reach into each other, in the first
            two columns, with noise in all of them.
        n_points: number of points, float32, (n_points, dimension); the label of each is its cluster.
        n_clusters: number of blobs, Gaussians or moons, from 2.
        dimension: number of columns, from 2.
        separation: least distance between two clusters in standard deviations: for the Gaussians, from mean to
            mean; for the moons, from the tip of one to the centre line of the other.
        structure_seed: fixes the distribution and the points; the seed of a cell has no part in them.
    """
    rng = generator_for(structure_seed, "toy", shape)
    if shape == "moons":
        density = _moons(n_clusters, dimension, separation)
    elif shape == "blobs":
        density = _blobs(n_clusters, dimension, separation, rng)
    else:
        density = _gaussian_mixture(n_clusters, dimension, separation, rng)
    x, component = density.draw(n_points, rng)
    y = component // (density.weights.numel() // n_clusters)
    return assemble(toy_spec(dimension, n_clusters), x, y, density=density)


@dataclass(frozen=True)
class MixtureDensity:
    """A mixture of K Gaussians in D dimensions, in float64; a `Density`.

    Attributes:
        weights: (K,), their sum is 1.
        means: (K, D).
        factors: (K, D, D), lower triangular; the covariances are factor · factorᵀ.
    """

    weights: Tensor
    means: Tensor
    factors: Tensor

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Returns `n` points, float32, (n, D), and the component of each, int64, (n,)."""
        component = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], 1, generator=generator, dtype=torch.float64)
        x = self.means[component] + (self.factors[component] @ noise).squeeze(-1)
        return x.float(), component

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Returns `n` independent points, float32, (n, D)."""
        return self.draw(n, generator)[0]

    def log_prob(self, x: Tensor) -> Tensor:
        """Returns the natural logarithm of the density at each row of `x` (N, D): float32, (N,)."""
        components = MultivariateNormal(self.means, scale_tril=self.factors)
        mixture = MixtureSameFamily(Categorical(self.weights), components)
        log_prob: Tensor = mixture.log_prob(x.double())  # type: ignore[no-untyped-call]
        return log_prob.float()

    def rescaled(self, shift: Tensor, scale: Tensor) -> MixtureDensity:
        """The distribution of (x - shift) / scale, with `shift` and `scale` (D,), `scale` above 0."""
        return MixtureDensity(self.weights, (self.means - shift) / scale, self.factors / scale[:, None])


def _blobs(n_clusters: int, dimension: int, separation: float, rng: torch.Generator) -> MixtureDensity:
    means = _means(n_clusters, dimension, separation, rng)
    factors = torch.eye(dimension, dtype=torch.float64).expand(n_clusters, -1, -1)
    return MixtureDensity(torch.full((n_clusters,), 1 / n_clusters, dtype=torch.float64), means, factors)


def _gaussian_mixture(n_clusters: int, dimension: int, separation: float, rng: torch.Generator) -> MixtureDensity:
    """Weights in a ratio of 3 at most; variances of mean 1 along randomly turned axes."""
    means = _means(n_clusters, dimension, separation, rng)
    weights = 1 + 2 * torch.rand(n_clusters, generator=rng, dtype=torch.float64)
    square = torch.randn(n_clusters, dimension, dimension, generator=rng, dtype=torch.float64)
    axes = torch.linalg.qr(square).Q
    variances = 0.1 + torch.rand(n_clusters, 1, dimension, generator=rng, dtype=torch.float64)
    variances = variances / variances.mean(dim=-1, keepdim=True)
    factors = torch.linalg.cholesky((axes * variances) @ axes.mT)
    return MixtureDensity(weights / weights.sum(), means, factors)


def _means(n_clusters: int, dimension: int, separation: float, rng: torch.Generator) -> Tensor:
    """The most even of some normal draws, stretched until its two nearest means are `separation` apart."""
    draws = torch.randn(N_DRAWS, n_clusters, dimension, generator=rng, dtype=torch.float64)
    nearest = torch.stack([torch.pdist(draw).min() for draw in draws])
    most_even = (nearest / draws.std(dim=(1, 2))).argmax()
    return draws[most_even] * (separation / nearest[most_even])


def _moons(n_clusters: int, dimension: int, separation: float) -> MixtureDensity:
    """Half circles of radius 1, each a row of narrow equal Gaussians.

    Their centre lines lie in pairs, as in scikit-learn's `make_moons`, and the pairs side by side.
    """
    angle = (torch.arange(GAUSSIANS_PER_MOON, dtype=torch.float64) + 0.5) * math.pi / GAUSSIANS_PER_MOON
    moon = torch.arange(n_clusters, dtype=torch.float64)[:, None]
    pair, lower = moon // 2, moon % 2
    means = torch.zeros(n_clusters, GAUSSIANS_PER_MOON, dimension, dtype=torch.float64)
    means[..., 0] = PAIR_WIDTH * pair + lower + angle.cos()
    means[..., 1] = MOON_GAP * lower + (1 - 2 * lower) * angle.sin()
    n_gaussians = n_clusters * GAUSSIANS_PER_MOON
    factor = torch.eye(dimension, dtype=torch.float64) * (MOON_GAP / separation)
    weights = torch.full((n_gaussians,), 1 / n_gaussians, dtype=torch.float64)
    return MixtureDensity(weights, means.flatten(0, 1), factor.expand(n_gaussians, -1, -1))
