from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import FastICA
from sklearn.preprocessing import StandardScaler

from synthmix.data.base import Dataset
from synthmix.generators.autoencoder.coders import MlpCoders
from synthmix.generators.autoencoder.coders_config import MlpCodersConfig
from synthmix.generators.autoencoder.config import AutoencoderConfig
from synthmix.generators.autoencoder.model import Autoencoder
from synthmix.representations.base import Representation
from synthmix.representations.identity import IdentityRepresentation
from synthmix.representations.latent import LatentRepresentation
from synthmix.representations.latent_config import LatentConfig
from synthmix.representations.pca import PcaRepresentation
from synthmix.representations.pca_config import PcaConfig
from synthmix.representations.transformer import TransformerRepresentation
from synthmix.spec import DataSpec


@pytest.fixture(scope="module")
def digits() -> Dataset:
    images = torch.from_numpy(load_digits().images).float()[:, None] / 8 - 1
    return Dataset(images, None, DataSpec("digits", "image", (1, 8, 8), (-1.0, 1.0), 10))


@pytest.fixture(scope="module")
def train(digits: Dataset) -> Dataset:
    return digits.take(slice(0, 300))


def encoder() -> Autoencoder:
    config = AutoencoderConfig(latent_dim=3, steps=20, batch_size=32)
    return Autoencoder(config, MlpCoders(MlpCodersConfig(hidden=[16])))


def latent(generator: Any) -> LatentRepresentation:
    return LatentRepresentation(LatentConfig(generator=AutoencoderConfig(), name="latent"), generator)


@pytest.mark.parametrize(
    ("representation", "width"),
    [
        (IdentityRepresentation(), 64),
        (PcaRepresentation(PcaConfig(n_components=5)), 5),
        (TransformerRepresentation(StandardScaler()), 64),
        (latent(encoder()), 3),
    ],
    ids=["identity", "pca", "transformer", "latent"],
)
def test_fitted_on_train_it_maps_points_never_seen_to_finite_rows(
    representation: Representation, width: int, train: Dataset, digits: Dataset
) -> None:
    rows = representation.fit(train, seed=0).transform(digits.x[300:400])
    assert rows.shape == (100, width)
    assert rows.dtype in (np.float32, np.float64)
    assert np.isfinite(rows).all()


def test_what_can_lead_back_leads_to_rows_of_the_points(train: Dataset, digits: Dataset) -> None:
    points = digits.x[300:320]
    whole = PcaRepresentation(PcaConfig(n_components=64)).fit(train, seed=0)
    back = whole.inverse(whole.transform(points))
    np.testing.assert_allclose(back, points.flatten(1).numpy(), atol=1e-4)
    trained = latent(encoder()).fit(train, seed=0)
    reconstructed = trained.inverse(trained.transform(points))
    np.testing.assert_array_equal(reconstructed, trained.generator.reconstruct(points).flatten(1).numpy())


def test_identity_keeps_the_values_in_order(digits: Dataset) -> None:
    rows = IdentityRepresentation().fit(digits, seed=0).transform(digits.x)
    np.testing.assert_array_equal(rows, (load_digits().data / 8 - 1).astype(np.float32))


def test_pca_is_the_singular_value_decomposition_of_train(train: Dataset, digits: Dataset) -> None:
    x, new = (part.flatten(1).double().numpy() for part in (train.x, digits.x[300:]))
    _, _, components = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    expected = (new - x.mean(axis=0)) @ components[:4].T
    got = PcaRepresentation(PcaConfig(n_components=4)).fit(train, seed=0).transform(digits.x[300:])
    np.testing.assert_allclose(np.abs(got), np.abs(expected), atol=1e-4)


def test_pca_of_many_features_is_the_same_for_the_same_seed_and_leaves_the_global_state_alone() -> None:
    wide = Dataset(
        torch.randn(40, 700, generator=torch.manual_seed(0)), None, DataSpec("t", "table", (700,), None, None)
    )
    before = np.random.get_state()[1].copy()
    first, second = (PcaRepresentation(PcaConfig(n_components=3)).fit(wide, seed=5).transform(wide.x) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_whitened_components_have_unit_variance(train: Dataset) -> None:
    rows = PcaRepresentation(PcaConfig(n_components=6, whiten=True)).fit(train, seed=0).transform(train.x)
    np.testing.assert_allclose(rows.std(axis=0, ddof=1), 1, rtol=1e-4)


def test_a_transformer_with_a_random_state_follows_the_seed(train: Dataset) -> None:
    ica = TransformerRepresentation(FastICA(4, max_iter=2000, tol=1e-3))
    first, again, other = (ica.fit(train, seed=seed).transform(train.x) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not hasattr(ica.estimator, "components_")


def test_a_trained_generator_encodes_without_being_fitted_again(train: Dataset) -> None:
    generator = encoder().fit(train, seed=1)
    expected = generator.encode(train.x)
    np.testing.assert_array_equal(latent(generator).transform(train.x), expected.numpy())
