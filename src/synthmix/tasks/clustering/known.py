"""What a clusterer is told of the data beside the points, where it asks for it."""

from __future__ import annotations

from typing import Any

from synthmix.spec import DataSpec


def with_known(clusterer: Any, spec: DataSpec) -> Any:
    """The unfitted clusterer, with what is known of the data in each parameter that is None.

    Args:
        clusterer: its `n_clusters` is the number of known classes, a default for benchmarks; its `table_columns` the
            columns of the rows that it is fitted on, in the order of their places.
        spec: of the data.
    """
    for name, known in (("n_clusters", spec.n_classes), ("table_columns", spec.columns)):
        if getattr(clusterer, name, known) is None:
            clusterer.set_params(**{name: known})
    return clusterer
