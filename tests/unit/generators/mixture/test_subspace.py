"""The frame of principal components: what it keeps, and that densities in it are densities of the data."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.generators.mixture.density import GaussianMixtureDensity, fit_by_em
from synthmix.generators.mixture.subspace import PcaVariance, Subspace, SubspaceMixture
from synthmix.spec import DataSpec

TABLE = DataSpec("t", "table", (5,), None, None)
IMAGE = DataSpec("i", "image", (1, 1, 5), (-50.0, 50.0), None)


@pytest.fixture(scope="module")
def x() -> Tensor:
    """500 points whose five directions have the standard deviations 10, 5, 1, .5 and .5, turned and shifted."""
    rng = np.random.default_rng(1)
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    points = rng.normal(size=(500, 5)) * [10, 5, 1, 0.5, 0.5] @ turn + 3
    return torch.from_numpy(points).float()


def frame(x: Tensor, variance: PcaVariance, spec: DataSpec = TABLE) -> Subspace:
    return Subspace.fit(x, variance, spec, regularization=1e-3)


def mixture(x: Tensor, variance: PcaVariance) -> SubspaceMixture:
    found = frame(x, variance)
    em = fit_by_em(GaussianMixture(1, reg_covar=1e-9), found.project(x))
    return SubspaceMixture(found, GaussianMixtureDensity.of_mixture(em))


@pytest.mark.parametrize(("variance", "dim"), [(0.5, 1), (0.95, 2), (0.995, 3), (None, 5)])
def test_it_keeps_the_fewest_components_with_the_share_of_variance(variance: PcaVariance, dim: int, x: Tensor) -> None:
    found = frame(x, variance)
    assert found.dim == dim
    z = found.project(x)
    assert z.shape == (500, dim)
    assert float(z.var(0, unbiased=False).mean()) == pytest.approx(1)


def test_auto_leaves_a_table_alone(x: Tensor) -> None:
    assert frame(x, "auto").dim == 5
    assert frame(x.view(-1, 1, 1, 5), "auto", IMAGE).dim == 2


def test_auto_keeps_forty_components_of_an_image_at_most() -> None:
    x = torch.rand(200, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    spec = DataSpec("i", "image", (1, 8, 8), (0.0, 1.0), None)
    assert frame(x, 0.95, spec).dim > 40
    assert frame(x, "auto", spec).dim == 40


@pytest.mark.parametrize("variance", [0.95, None])
def test_a_point_is_its_projection_and_a_residual_at_right_angles(variance: PcaVariance, x: Tensor) -> None:
    found = frame(x, variance)
    back = found.expand(found.project(x))
    torch.testing.assert_close(found.project(back), found.project(x))
    error = (x - back).square().sum(1)
    distance = (x - found.mean).square().sum(1)
    torch.testing.assert_close((back - found.mean).square().sum(1) + error, distance, rtol=1e-6, atol=1e-6)
    assert float(error.max()) < (1e-9 if variance is None else 25.0)


@pytest.mark.parametrize("variance", [0.5, 0.95, None])
def test_the_density_is_the_normal_one_of_the_covariance_that_it_stands_for(variance: PcaVariance, x: Tensor) -> None:
    found = mixture(x, variance)
    # Probabilistic PCA: the covariance of train along the components, the mean of the rest across them.
    covariance = np.cov(x.double().numpy().T, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    kept = values.argsort()[::-1][: found.frame.dim]
    rest = np.setdiff1d(np.arange(5), kept)
    values[rest] = values[rest].mean() if len(rest) else 0
    reference = stats.multivariate_normal(x.double().mean(0).numpy(), vectors * values @ vectors.T)
    others = torch.randn(20, 5, generator=torch.Generator().manual_seed(0)) * 8
    for points in (x, others):
        np.testing.assert_allclose(found.score_samples(points).numpy(), reference.logpdf(points.numpy()), rtol=1e-6)


def test_rows_of_a_table_are_drawn_with_the_residual_and_images_without(x: Tensor) -> None:
    found = mixture(x, 0.95)
    rows = found.draw(20_000, torch.Generator().manual_seed(0), TABLE).double()
    images = found.draw(20_000, torch.Generator().manual_seed(0), IMAGE).double()
    assert images.shape == (20_000, 1, 1, 5)
    centred = rows - rows.mean(0)
    across = centred - centred @ found.frame.axes.T @ found.frame.axes
    assert float(across.square().sum(1).mean()) == pytest.approx(3 * float(found.frame.noise) ** 2, rel=0.05)
    flat = images.flatten(1) - found.frame.mean
    assert float((flat - flat @ found.frame.axes.T @ found.frame.axes).abs().max()) < 1e-4
    covariance = np.cov(x.double().numpy().T, bias=True)
    torch.testing.assert_close(rows.T.cov(), torch.from_numpy(covariance), rtol=0.05, atol=1.5)


def test_draws_are_clipped_to_the_range_of_the_data(x: Tensor) -> None:
    spec = DataSpec("i", "image", (1, 1, 5), (0.0, 4.0), None)
    points = mixture(x, 0.95).draw(500, torch.Generator().manual_seed(0), spec)
    assert (float(points.min()), float(points.max())) == (0.0, 4.0)


@pytest.mark.parametrize("variance", [0.95, None])
def test_identical_points_have_a_frame(variance: PcaVariance) -> None:
    found = mixture(torch.ones(10, 5), variance)
    assert found.score_samples(torch.ones(2, 5)).isfinite().all()
    assert found.draw(5, torch.Generator().manual_seed(0), TABLE).isfinite().all()
