"""UMAP and t-SNE: new points go to their neighbours, each by itself, and the process is left as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from threadpoolctl import threadpool_info

from synthmix.data.base import Dataset
from synthmix.representations.neighbours.config import TsneConfig, UmapConfig
from synthmix.representations.neighbours.tsne import TsneRepresentation
from synthmix.representations.neighbours.umap import UmapRepresentation, memberships
from synthmix.spec import DataSpec

X = torch.from_numpy(load_digits().data / 16).float()[np.random.default_rng(0).permutation(1797)]
TRAIN = Dataset(X[:120], None, DataSpec("digits", "table", (64,), None, 10))
NEW = X[120:320]
MAKERS: dict[str, Any] = {
    "umap": lambda: UmapRepresentation(UmapConfig(n_epochs=50)),
    "tsne": lambda: TsneRepresentation(TsneConfig(n_iter=100)),
}


def threads() -> dict[str, int]:
    """Of the pools that torch, NumPy and scikit-learn compute with."""
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()} | {"torch": torch.get_num_threads()}


@pytest.fixture(scope="module", params=MAKERS)
def fitted(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip({"umap": "umap", "tsne": "openTSNE"}[request.param])
    before, state = threads(), torch.get_rng_state()
    representation = MAKERS[request.param]().fit(TRAIN, seed=1)
    assert {pool: number for pool, number in threads().items() if pool in before} == before
    assert torch.equal(torch.get_rng_state(), state)
    return representation, MAKERS[request.param]


def test_neighbours_of_points_never_seen_stay_neighbours(fitted: Any) -> None:
    places = fitted[0].transform(NEW)
    assert (places.shape, places.dtype) == ((200, 2), np.float32)
    shuffled = places[np.random.default_rng(0).permutation(200)]
    found, by_chance = (trustworthiness(NEW.numpy(), z) for z in (places, shuffled))
    assert found > 0.8 > 0.6 > by_chance


def test_the_place_of_a_point_depends_on_no_other_new_one(fitted: Any) -> None:
    np.testing.assert_array_equal(fitted[0].transform(NEW[:7]), fitted[0].transform(NEW)[:7])
    again = fitted[0].transform(torch.cat([TRAIN.x, TRAIN.x]))
    np.testing.assert_array_equal(again[:120], again[120:])  # copies, as the placebo makes them


def test_the_seed_gives_the_same_places_and_a_stored_one_too(fitted: Any) -> None:
    representation, make = fitted
    expected = representation.transform(NEW)
    np.testing.assert_array_equal(make().fit(TRAIN, seed=1).transform(NEW), expected)
    np.testing.assert_array_equal(make().load_state(representation.state()).transform(NEW), expected)
    assert not np.array_equal(make().fit(TRAIN, seed=2).places, representation.places)


def test_fewer_points_than_neighbours_are_asked_for_do(fitted: Any) -> None:
    few = Dataset(TRAIN.x[:9], None, TRAIN.spec)
    assert np.isfinite(fitted[1]().fit(few, seed=0).transform(NEW[:5])).all()


def test_weights_of_neighbours_have_the_entropy_that_umap_asks_for() -> None:
    distances = torch.rand(20, 15, generator=torch.Generator().manual_seed(0)).double().sort(dim=1).values + 0.1
    weights = memberships(distances)
    np.testing.assert_allclose(weights.sum(dim=1), 1)
    # With w = exp(-d / σ) / log₂ k: the logarithms of the weights are a line in d, whose height gives the sum.
    strengths = weights * np.log2(15)
    slopes = (strengths[:, 0] / strengths[:, -1]).log() / (distances[:, -1] - distances[:, 0])
    np.testing.assert_allclose(strengths[:, 0], (-distances[:, 0] * slopes).exp(), rtol=1e-6)
