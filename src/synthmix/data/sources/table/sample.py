"""A random sample of the rows of a user's file."""

from __future__ import annotations

from synthmix.data.base import Dataset
from synthmix.data.sources.table.loader import load_table
from synthmix.data.sources.table.sample_config import TableSampleConfig


def load_table_sample(config: TableSampleConfig) -> Dataset:
    """The rows that are read, as `load_table` has them. Raises InvalidInput likewise."""
    return load_table(config)
