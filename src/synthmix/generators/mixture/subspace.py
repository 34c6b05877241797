"""Densities on principal components, as densities of the data: a Gaussian residual takes up what they leave."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from synthmix.generators.mixture.density import GaussianMixtureDensity
from synthmix.spec import DataSpec

PcaVariance = float | Literal["auto"] | None
AUTO_VARIANCE, AUTO_AXES = 0.95, 40  # of images; along more axes a thousand points determine no full covariance


class Subspace(nn.Module):
    """The frame z = W (x − m) / s of flattened points, with orthonormal rows W, and the residual beside it.

    Along the D − q directions that W leaves out, points are taken to be N(0, σ²), as in probabilistic PCA (Tipping and
    Bishop 1999): log p(x) = log p(z) − q log s − ‖r‖² / 2σ² − (D − q)/2 log 2πσ², with the residual r.

    Attributes:
        mean: m, (D,).
        axes: W, (q, D); (0, D) stands for all D axes of the data as they are.
        scale: s; it makes the mean variance of z 1.
        noise: σ.
    """

    mean: Tensor
    axes: Tensor
    scale: Tensor
    noise: Tensor

    def __init__(self, mean: Tensor, axes: Tensor, scale: Tensor | float = 1.0, noise: Tensor | float = 1.0) -> None:
        super().__init__()
        for name, value in (("mean", mean), ("axes", axes), ("scale", scale), ("noise", noise)):
            self.register_buffer(name, torch.as_tensor(value).double().clone(memory_format=torch.contiguous_format))

    @classmethod
    def of_state(cls, state: dict[str, Tensor], prefix: str = "") -> Subspace:
        """What a checkpoint holds under `prefix`."""
        return cls(*(state[prefix + name] for name in ("mean", "axes", "scale", "noise")))

    @classmethod
    def fit(cls, x: Tensor, variance: PcaVariance, spec: DataSpec, *, regularization: float) -> Subspace:
        """The frame of points (N, *shape), N ≥ 2.

        Args:
            x: the points.
            variance: share of their variance that the components keep; None for the axes of the data, auto for .95 of
                images, by 40 components at most, and the axes of a table.
            spec: of the data.
            regularization: the least σ², in units of the mean variance of the D values.
        """
        points = x.flatten(1).double().numpy()
        axes = _axes(points, variance, spec)
        frame = cls(torch.from_numpy(points.mean(axis=0)), torch.from_numpy(axes))
        z = frame.project(x).numpy()
        frame.scale.fill_(np.sqrt(z.var(axis=0).mean()) or 1.0)
        if left_out := frame.size - frame.dim:
            mean_variance = points.var(axis=0).mean() or 1.0
            lost = (points.var(axis=0).sum() - z.var(axis=0).sum()) / left_out
            frame.noise.fill_(np.sqrt(max(lost, regularization * mean_variance)))
        return frame

    @property
    def size(self) -> int:
        """D, the number of values of a point."""
        return len(self.mean)

    @property
    def dim(self) -> int:
        """q, the number of components."""
        return len(self.axes) or self.size

    def project(self, x: Tensor) -> Tensor:
        """(N, *shape) → z (N, q), float64."""
        centred = x.flatten(1).double() - self.mean
        return (centred @ self.axes.T if len(self.axes) else centred) / self.scale

    def expand(self, z: Tensor) -> Tensor:
        """(N, q) → the mean of the points that have this z, (N, D), float64."""
        centred = z.double() * self.scale
        return self.mean + (centred @ self.axes if len(self.axes) else centred)

    def residual(self, n: int, rng: torch.Generator) -> Tensor:
        """What `n` points have beside their mean, (n, D): noise in the directions that the components leave out."""
        noise = self.noise * torch.randn(n, self.size, generator=rng, dtype=torch.float64)
        return noise - noise @ self.axes.T @ self.axes

    def log_volume(self, x: Tensor) -> Tensor:
        """log p(x) − log p(z) of points (N, *shape) → (N,), float64."""
        log_volume = -self.dim * self.scale.log().expand(len(x))
        left_out = self.size - self.dim
        if not left_out:
            return log_volume
        centred = x.flatten(1).double() - self.mean
        residual = (centred - centred @ self.axes.T @ self.axes).square().sum(1)
        constant = left_out * (math.log(2 * math.pi) + 2 * self.noise.log())
        return log_volume - 0.5 * (residual / self.noise.square() + constant)


class SubspaceMixture(nn.Module):
    """A Gaussian mixture in a frame: a density of the data and its samples."""

    def __init__(self, frame: Subspace, density: GaussianMixtureDensity) -> None:
        super().__init__()
        self.frame, self.density = frame, density

    @classmethod
    def of_state(cls, state: dict[str, Tensor], prefix: str = "") -> SubspaceMixture:
        """What a checkpoint holds under `prefix`."""
        density = GaussianMixtureDensity.of_state(state, f"{prefix}density.")
        return cls(Subspace.of_state(state, f"{prefix}frame."), density)

    def score_samples(self, x: Tensor) -> Tensor:
        """Points (N, *shape) → natural logarithms of their density (N,), float64."""
        return self.density.log_prob(self.frame.project(x)) + self.frame.log_volume(x)

    def draw(self, n: int, rng: torch.Generator, spec: DataSpec) -> Tensor:
        """`n` points (n, *shape), float32, clipped to the range of the data.

        Rows of a table have the residual noise; of an image the mean is drawn, as is the custom.
        """
        points = self.frame.expand(self.density.sample(n, rng))
        if spec.kind == "table" and self.frame.dim < self.frame.size:
            points = points + self.frame.residual(n, rng)
        if spec.value_range is not None:
            points = points.clamp(*spec.value_range)
        return points.float().view(-1, *spec.shape)


def _axes(points: np.ndarray, variance: PcaVariance, spec: DataSpec) -> np.ndarray:
    """The fewest principal components (q, D) of points (N, D) with the share of variance asked for; see `fit`."""
    if variance is None or (variance == "auto" and spec.kind != "image"):
        return np.empty((0, points.shape[1]))
    if not points.var(axis=0).any():
        return np.eye(1, points.shape[1])  # no direction is better than another
    share, most = (AUTO_VARIANCE, AUTO_AXES) if variance == "auto" else (variance, None)
    return np.asarray(PCA(share, svd_solver="covariance_eigh").fit(points).components_)[:most]
