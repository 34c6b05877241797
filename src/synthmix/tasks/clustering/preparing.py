"""What a cell fills in before it fits a clusterer: the number of clusters and the random state."""

from __future__ import annotations

import inspect
from typing import Any

from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec


def prepared(clusterer: Any, spec: DataSpec, seed: int) -> Any:
    """The unfitted scikit-learn clusterer, with as many clusters as known classes where it names no number.

    Args:
        clusterer: as its config has built it.
        spec: of the data.
        seed: of the cell; a clusterer with a `random_state` gets one from it.
    """
    parameters = inspect.signature(type(clusterer)).parameters
    if "n_clusters" in parameters and clusterer.n_clusters is None:
        clusterer.set_params(n_clusters=spec.n_classes)
    if "random_state" in parameters:
        clusterer.set_params(random_state=derive_seed(seed, "clusterer") % 2**32)
    return clusterer
