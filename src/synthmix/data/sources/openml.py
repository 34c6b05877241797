"""A table of openml.org."""

from __future__ import annotations

from synthmix.data.base import Dataset
from synthmix.data.sources.openml_config import OpenmlConfig
from synthmix.data.sources.table.loader import load_table


def load_openml(config: OpenmlConfig) -> Dataset:
    """The rows of a table, as `data=table` has them.

    Raises:
        InvalidInput: as `OpenmlConfig.read`.
    """
    return load_table(config.as_table())
