"""Representation and clusterer of a cell, built from its config."""

from __future__ import annotations

import inspect
from typing import Any

from omegaconf import DictConfig

from synthmix.config import instantiate, plain
from synthmix.data.base import Dataset
from synthmix.data.spec import DataSpec
from synthmix.representations.base import Representation
from synthmix.seeds import derive_seed


def fit_representation(config: DictConfig, dataset: Dataset) -> Representation:
    """The representation of a cell, fitted on `dataset`."""
    node = {key: value for key, value in plain(config.representation).items() if key != "fit_on"}
    fitted: Representation = instantiate(node).fit(
        dataset.unlabelled(), seed=derive_seed(config.seed, "representation")
    )
    return fitted


def build_clusterer(config: DictConfig, spec: DataSpec) -> Any:
    """An unfitted scikit-learn clusterer, with the number of clusters and the random state filled in."""
    node = plain(config.clusterer)
    if "n_clusters" in node and node["n_clusters"] is None:
        node["n_clusters"] = spec.n_classes
    clusterer = instantiate(node)
    if "random_state" in inspect.signature(type(clusterer)).parameters:
        clusterer.set_params(random_state=derive_seed(config.seed, "clusterer") % 2**32)
    return clusterer
