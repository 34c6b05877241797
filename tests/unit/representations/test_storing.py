"""A representation that is stored and loaded transforms as the fitted one does, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import NMF, PCA, FastICA, IncrementalPCA
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.kernel_approximation import Nystroem
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, QuantileTransformer, StandardScaler

from synthmix.data.base import Dataset
from synthmix.generators.autoencoder.coders import MlpCoders
from synthmix.generators.autoencoder.coders_config import MlpCodersConfig
from synthmix.generators.autoencoder.config import AutoencoderConfig, VaeConfig
from synthmix.generators.autoencoder.model import Autoencoder, Vae
from synthmix.generators.gan.config import GanConfig, MlpNetworksConfig
from synthmix.generators.gan.model import Gan
from synthmix.generators.gan.networks import MlpNetworks
from synthmix.representations.base import Representation
from synthmix.representations.contrastive.config import ContrastiveConfig
from synthmix.representations.contrastive.model import ContrastiveRepresentation
from synthmix.representations.discriminator import DiscriminatorFeatures
from synthmix.representations.discriminator_config import DiscriminatorFeaturesConfig
from synthmix.representations.latent import LatentRepresentation
from synthmix.representations.latent_config import LatentConfig
from synthmix.representations.neighbours.config import TsneConfig
from synthmix.representations.neighbours.tsne import TsneRepresentation
from synthmix.representations.pca import PcaRepresentation
from synthmix.representations.pca_config import PcaConfig
from synthmix.representations.transformer import TransformerRepresentation
from synthmix.spec import DataSpec
from synthmix.stages.storable import Storable


@pytest.fixture(scope="module")
def digits() -> Dataset:
    images = torch.from_numpy(load_digits().images).float()[:, None] / 16
    return Dataset(images, None, DataSpec("digits", "image", (1, 8, 8), (0.0, 1.0), 10))


@pytest.fixture(scope="module")
def train(digits: Dataset) -> Dataset:
    return digits.take(slice(0, 300))


def through_a_file(state: dict[str, Any] | None, folder: Path) -> dict[str, Any]:
    assert state is not None
    torch.save(state, folder / "state.pt")
    loaded: dict[str, Any] = torch.load(folder / "state.pt", weights_only=True)
    return loaded


SMALL: dict[str, Any] = {"latent_dim": 3, "steps": 20, "batch_size": 32}
NETWORKS = MlpCoders(MlpCodersConfig(hidden=[16]))


def latent(generator: Any, **options: Any) -> LatentRepresentation:
    return LatentRepresentation(LatentConfig(generator=AutoencoderConfig(), name="latent", **options), generator)


MAKERS: dict[str, Callable[[], Any]] = {
    "pca": lambda: PcaRepresentation(PcaConfig(n_components=5)),
    "pca, whitened": lambda: PcaRepresentation(PcaConfig(n_components=5, whiten=True)),
    "autoencoder": lambda: latent(Autoencoder(AutoencoderConfig(**SMALL), NETWORKS)),
    "autoencoder with an average": lambda: latent(Autoencoder(AutoencoderConfig(**SMALL, ema_decay=0.9), NETWORKS)),
    "discriminator": lambda: DiscriminatorFeatures(
        DiscriminatorFeaturesConfig(generator=GanConfig(), name="gan"),
        Gan(GanConfig(steps=5), MlpNetworks(MlpNetworksConfig(hidden=[16]))),
    ),
    "contrastive": lambda: ContrastiveRepresentation(ContrastiveConfig(width=4, latent_dim=8, steps=5, batch_size=16)),
    "tsne": lambda: TsneRepresentation(TsneConfig(n_iter=50)),
    "vae": lambda: latent(Vae(VaeConfig(**SMALL), NETWORKS), limit_steps=5),
} | {
    type(estimator).__name__: lambda estimator=estimator: TransformerRepresentation(estimator)
    for estimator in (
        *(StandardScaler(), MinMaxScaler(), IncrementalPCA(4), FastICA(4, max_iter=20, tol=1), NMF(3, max_iter=20)),
        *(QuantileTransformer(n_quantiles=50), KMeans(3), Nystroem(n_components=7), PCA(0.9)),
    )
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MAKERS)
def test_it_transforms_as_the_fitted_one(name: str, train: Dataset, digits: Dataset, tmp_path: Path) -> None:
    fitted = MAKERS[name]().fit(train, seed=3)
    loaded = MAKERS[name]()
    assert isinstance(loaded, Storable)
    assert loaded.load_state(through_a_file(fitted.state(), tmp_path)) is loaded
    expected, got = (representation.transform(digits.x[300:]) for representation in (fitted, loaded))
    assert (got.dtype, got.tobytes()) == (expected.dtype, expected.tobytes())


def test_fitted_attributes_keep_their_types(train: Dataset, tmp_path: Path) -> None:
    fitted = TransformerRepresentation(PCA(4)).fit(train, seed=3)
    loaded = TransformerRepresentation(PCA(4)).load_state(through_a_file(fitted.state(), tmp_path))
    one, other = vars(fitted.estimator_), vars(loaded.estimator_)
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert type(other[name]) is type(value), name
        np.testing.assert_array_equal(other[name], value)
        if isinstance(value, np.ndarray):
            assert (other[name].dtype, other[name].strides) == (value.dtype, value.strides)


def test_a_slice_is_stored_without_the_rest(train: Dataset, tmp_path: Path) -> None:
    through_a_file(PcaRepresentation(PcaConfig(n_components=2)).fit(train, seed=0).state(), tmp_path)
    assert (tmp_path / "state.pt").stat().st_size < 64 * 64 * 4  # of all components, of which two are kept


class Remembers(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer that learns whatever it is given."""

    def __init__(self, learnt: Any = None) -> None:
        self.learnt = learnt

    def fit(self, x: Any, y: Any = None) -> Remembers:
        self.learnt_ = self.learnt
        return self

    def transform(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize(
    "learnt",
    [
        [1, 2],
        {"a": 1},
        np.array(["a"]),
        np.array([None]),
        np.ma.array([1, 2], mask=[0, 1]),
        np.str_("a"),
        StandardScaler(),
    ],
    ids=lambda learnt: type(learnt).__name__,
)
def test_what_cannot_be_expressed_is_not_stored(learnt: object, train: Dataset) -> None:
    assert TransformerRepresentation(Remembers(learnt)).fit(train, seed=0).state() is None


@pytest.mark.parametrize("learnt", [None, True, 3, 0.1, "auto", np.float32(0.1), np.bool_(True), np.array(3, np.int8)])
def test_a_value_comes_back_as_it_was(learnt: object, train: Dataset, tmp_path: Path) -> None:
    state = through_a_file(TransformerRepresentation(Remembers(learnt)).fit(train, seed=0).state(), tmp_path)
    got = TransformerRepresentation(Remembers(learnt)).load_state(state).estimator_.learnt_
    assert type(got) is type(learnt)
    assert got == learnt


@pytest.mark.parametrize("estimator", [RandomTreesEmbedding(2), OneHotEncoder(handle_unknown="ignore")])
def test_trees_and_categories_are_not_stored(estimator: Any, train: Dataset) -> None:
    assert TransformerRepresentation(estimator).fit(train, seed=0).state() is None


class FirstValue:
    """A user's own encoder, which knows nothing of a store."""

    def fit(self, dataset: Dataset, *, seed: int, options: object, for_sampling: bool) -> None: ...

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)[:, :1]


def test_an_encoder_that_is_no_trained_generator_is_not_stored(train: Dataset) -> None:
    assert latent(FirstValue()).fit(train, seed=0).state() is None


class Halves:
    """A user's own representation."""

    def fit(self, dataset: Dataset, *, seed: int) -> Halves:
        return self

    def transform(self, x: torch.Tensor) -> np.ndarray[Any, Any]:
        return x.flatten(1).numpy() / 2


def test_a_representation_need_not_be_storable() -> None:
    representation: Representation = Halves()
    assert not isinstance(representation, Storable)


def test_loading_leaves_the_global_random_state_alone(train: Dataset, tmp_path: Path) -> None:
    state = through_a_file(MAKERS["vae"]().fit(train, seed=3).state(), tmp_path)
    before = torch.get_rng_state()
    MAKERS["vae"]().load_state(state)
    assert torch.equal(torch.get_rng_state(), before)
