"""Every clusterer and every representation in a `Pipeline` and a `GridSearchCV` of scikit-learn's."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from synthmix import InvalidInput, RepresentationTransformer, make_clusterer
from synthmix.config.composing.composer import conf_dir

NET = {"pretraining": {"hidden": [8], "steps": 60, "latent_dim": 2}}
STEPS = {"generator": {"steps": 5, "networks": {"hidden": [8]}}}
# What each member needs beside the defaults, and the values of a parameter that are searched.
CLUSTERERS: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "dbscan": ({"eps": 1.0}, {"eps": [0.8, 1.0]}),
    "hdbscan": ({}, {"min_cluster_size": [5, 8]}),
    "sklearn": ({"_target_": "sklearn.cluster.KMeans", "n_clusters": 2}, {"n_clusters": [2, 3]}),
    "n2d": ({**NET, "n_clusters": 2}, {"n_clusters": [2]}),
    **{name: ({**NET, "n_clusters": 2, "steps": 20}, {"n_clusters": [2, 3]}) for name in ("dec", "idec", "vade")},
    "som": ({"n_clusters": 2, "rows": 3, "columns": 3}, {"n_clusters": [2, 3]}),
}
REPRESENTATIONS: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "identity": ({}, {"fit_on": ["train"]}),
    "standardize": ({}, {"fit_on": ["train"]}),
    "pca": ({"n_components": 2}, {"n_components": [2, 3]}),
    "umap": ({"n_epochs": 5}, {"n_neighbors": [5]}),
    "tsne": ({"n_iter": 10, "perplexity": 5.0}, {"n_components": [2]}),
    "contrastive": ({"steps": 2, "batch_size": 8}, {"latent_dim": [4, 8]}),
    "conv_autoencoder": (
        {"generator": {"steps": 2}},
        {"generator": [{"steps": 2, "latent_dim": size} for size in (2, 4)]},
    ),
    "discriminator": (STEPS, {"generator": [STEPS["generator"]]}),
}
LATENT = (STEPS, {"generator": [{**STEPS["generator"], "latent_dim": size} for size in (2, 4)]})
PACKAGES = {"kmedoids": "kmedoids", "gower_kmedoids": "kmedoids", "n2d": "umap", "umap": "umap", "tsne": "openTSNE"}


def members(group: str) -> list[str]:
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))


def skip_without(name: str) -> None:
    if name in PACKAGES and find_spec(PACKAGES[name]) is None:
        pytest.skip(f"{PACKAGES[name]} is not installed")


def silhouette(estimator: Any, X: NDArray[Any], y: Any = None) -> float:
    found = estimator.predict(X)
    return float(silhouette_score(X, found)) if 1 < len({*found}) < len(found) else -1.0


@pytest.mark.parametrize("name", members("clusterer"))
def test_a_clusterer_in_a_search_over_a_pipeline(name: str) -> None:
    skip_without(name)
    X, y = make_blobs(80, centers=[[0.0, 0, 0], [8, 8, 8]], random_state=0)
    options, searched = CLUSTERERS.get(name, ({"n_clusters": 2}, {"n_clusters": [2, 3]}))
    pipeline = Pipeline([("scale", StandardScaler()), ("cluster", make_clusterer(name, **options))])
    grid = {f"cluster__{key}": values for key, values in searched.items()}
    search = GridSearchCV(pipeline, grid, scoring=silhouette, cv=2, error_score="raise").fit(X)
    assert adjusted_rand_score(y, search.predict(X)) > 0.9
    copied = pickle.loads(pickle.dumps(search.best_estimator_))  # noqa: S301  written above
    assert copied.predict(X).tolist() == search.predict(X).tolist()


@pytest.mark.parametrize("name", members("representation"))
def test_a_representation_in_a_search_over_a_pipeline(name: str) -> None:
    skip_without(name)
    X = load_digits().data[:60] / 16
    options, searched = REPRESENTATIONS.get(name, LATENT)
    first = RepresentationTransformer(name, image_shape=(1, 8, 8), **options)
    pipeline = Pipeline([("represent", first), ("cluster", KMeans(2, n_init=1, random_state=0))])
    grid = {f"represent__{key}": values for key, values in searched.items()}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X)
    fitted = search.best_estimator_[0]
    codes = fitted.transform(X)
    assert codes.shape == (60, len(fitted.get_feature_names_out()))
    assert np.isfinite(codes).all()
    assert np.array_equal(clone(fitted).fit(X).transform(X), codes)  # the same parameters, and the same seed
    copied = pickle.loads(pickle.dumps(fitted))  # noqa: S301  written above
    assert np.array_equal(copied.transform(X), codes)


def test_a_way_back_is_there_where_the_representation_has_one() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3))
    whole = RepresentationTransformer("pca", n_components=3).fit(X)
    np.testing.assert_allclose(whole.inverse_transform(whole.transform(X)), X, atol=1e-5)
    assert not hasattr(RepresentationTransformer("pca"), "inverse_transform")


def test_images_may_come_in_four_dimensions() -> None:
    X = load_digits().images[:40, None] / 16
    options = {"generator": {"steps": 2}}
    rows = RepresentationTransformer("conv_autoencoder", image_shape=(1, 8, 8), **options).fit(X.reshape(40, 64))
    images = RepresentationTransformer("conv_autoencoder", **options).fit(X)
    assert np.array_equal(images.transform(X), rows.transform(X.reshape(40, 64)))


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda X: RepresentationTransformer("pac").fit(X), "representation=pac: no such member; allowed: "),
        (
            lambda X: RepresentationTransformer("pca", n_components=4).fit(X),
            "representation.n_components=4: must be ≤ 3",
        ),
        (lambda X: RepresentationTransformer("pca").set_params(n_component=1), "representation.n_component=1: unknown"),
        (lambda X: RepresentationTransformer("conv_vae").fit(X), "representation=conv_vae: no such member"),
        (lambda X: RepresentationTransformer("contrastive").fit(X), "representation.name=contrastive: "),
        (lambda X: RepresentationTransformer("pca", image_shape=(1, 8, 8)).fit(X), "image_shape=(1, 8, 8): X has 3"),
        (lambda X: RepresentationTransformer("pca", random_state=-1).fit(X), "random_state=-1: must be "),
        (lambda X: RepresentationTransformer("identity").fit(X).transform(X[:, :2]), "X: has 2 values a point"),
        (lambda X: make_clusterer("kmeans"), "clusterer.n_clusters=null: no classes are known here"),
        (lambda X: make_clusterer("kmeans", n_clusters="gap"), "clusterer.n_clusters=gap: a rule is for a study"),
    ],
)
def test_what_is_wrong_is_one_line(make: Any, line: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        make(np.random.default_rng(0).normal(size=(40, 3)))
    assert raised.value.faults[0].startswith(line)
    assert "\n" not in raised.value.faults[0]


def test_it_shows_itself_in_a_notebook() -> None:
    shown = RepresentationTransformer("pca", n_components=2)
    assert "n_components=2" in repr(shown)
    assert "pca" in shown._repr_html_()
