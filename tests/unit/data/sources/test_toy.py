"""Toy data come from the density that they carry."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import make_moons

from synthmix.data.base import Dataset
from synthmix.data.sources.toy import MixtureDensity, load_toy
from synthmix.data.sources.toy_config import Shape

SHAPES: tuple[Shape, ...] = ("blobs", "moons", "gaussian_mixture")


def toy(shape: Shape, n_points: int = 2000, *, n_clusters: int = 3, separation: float = 3.0, seed: int = 0) -> Dataset:
    return load_toy(
        shape=shape,
        n_points=n_points,
        n_clusters=n_clusters,
        dimension=2,
        separation=separation,
        structure_seed=seed,
    )


def density_of(dataset: Dataset) -> MixtureDensity:
    assert isinstance(dataset.density, MixtureDensity)
    return dataset.density


@pytest.mark.parametrize("shape", SHAPES)
def test_the_density_is_that_of_the_mixture(shape: Shape) -> None:
    dataset = toy(shape, 50)
    density = density_of(dataset)
    expected = np.zeros(50)
    for weight, mean, factor in zip(density.weights, density.means, density.factors, strict=True):
        component = stats.multivariate_normal(mean.numpy(), (factor @ factor.T).numpy())
        expected += weight.item() * component.pdf(dataset.x.numpy())
    np.testing.assert_allclose(density.log_prob(dataset.x).numpy(), np.log(expected), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_points_are_draws_of_the_density(shape: Shape) -> None:
    dataset = toy(shape, 20_000)
    fresh = density_of(dataset).sample(20_000, torch.Generator().manual_seed(1))
    for angle in (0.0, 0.7, 1.5):
        axis = torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32)
        assert stats.ks_2samp((dataset.x @ axis).numpy(), (fresh @ axis).numpy()).pvalue > 1e-3


@pytest.mark.parametrize("shape", SHAPES)
def test_the_density_integrates_to_one(shape: Shape) -> None:
    dataset = toy(shape, 500)
    margin, cells = 3.0, 70
    low, high = dataset.x.min(0).values - margin, dataset.x.max(0).values + margin
    axes = [torch.linspace(float(a), float(b), cells) for a, b in zip(low, high, strict=True)]
    cell = float(torch.stack([axis[1] - axis[0] for axis in axes]).prod())
    mass = density_of(dataset).log_prob(torch.cartesian_prod(*axes)).double().exp().sum() * cell
    assert float(mass) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_rescaling_moves_density_and_points_alike(shape: Shape) -> None:
    dataset = toy(shape, 50)
    shift, scale = torch.tensor([3.0, -1.0]), torch.tensor([0.5, 20.0])
    moved = density_of(dataset).rescaled(shift, scale)
    # Change of variables: the density grows by the volume that the map takes away.
    expected = density_of(dataset).log_prob(dataset.x) + scale.log().sum()
    torch.testing.assert_close(moved.log_prob((dataset.x - shift) / scale), expected, rtol=1e-4, atol=1e-4)
    draws = [density.sample(10, torch.Generator().manual_seed(0)) for density in (density_of(dataset), moved)]
    torch.testing.assert_close(draws[1], (draws[0] - shift) / scale)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_seed_fixes_everything_and_the_global_state_nothing(shape: Shape) -> None:
    state = torch.get_rng_state()
    torch.manual_seed(5)
    first = toy(shape)
    torch.manual_seed(6)
    second = toy(shape)
    torch.set_rng_state(state)
    assert first.spec == second.spec
    assert first.y is not None
    assert second.y is not None
    assert torch.equal(first.y, second.y)
    assert toy(shape, seed=1).spec.digest != first.spec.digest


@pytest.mark.parametrize("shape", ["blobs", "gaussian_mixture"])
def test_the_nearest_means_are_as_far_apart_as_asked(shape: Shape) -> None:
    density = density_of(toy(shape, n_clusters=6, separation=4.5))
    assert float(torch.pdist(density.means).min()) == pytest.approx(4.5)
    variances = (density.factors @ density.factors.mT).diagonal(dim1=-2, dim2=-1)
    torch.testing.assert_close(variances.mean(-1), torch.ones(6, dtype=torch.float64))


def test_blobs_are_spherical_and_mixtures_are_not() -> None:
    dataset = toy("blobs", 20_000, separation=30.0)
    assert dataset.y is not None
    for label in range(3):
        points = dataset.x[dataset.y == label]
        assert len(points) == pytest.approx(20_000 / 3, rel=0.05)
        torch.testing.assert_close(points.T.cov(), torch.eye(2), rtol=0, atol=0.06)


def test_clusters_of_a_mixture_are_as_large_as_their_weights() -> None:
    dataset = toy("gaussian_mixture", 20_000)
    weights = density_of(dataset).weights
    assert dataset.y is not None
    assert weights.std() > 0.02
    torch.testing.assert_close(dataset.y.bincount() / 20_000, weights.float(), rtol=0, atol=0.012)


def test_two_moons_are_scikit_learns() -> None:
    dataset = toy("moons", 20_000, n_clusters=2, separation=5.0)
    expected, labels = make_moons(20_000, noise=0.1, random_state=0)
    assert dataset.y is not None
    for label in (0, 1):
        ours, theirs = dataset.x[dataset.y == label].numpy(), expected[labels == label]
        for column in (0, 1):
            assert stats.ks_2samp(ours[:, column], theirs[:, column]).pvalue > 1e-3


def test_further_columns_of_moons_are_noise() -> None:
    dataset = load_toy(shape="moons", n_points=20_000, n_clusters=2, dimension=4, separation=5.0, structure_seed=0)
    torch.testing.assert_close(dataset.x[:, 2:].T.cov(), 0.01 * torch.eye(2), rtol=0, atol=5e-4)
