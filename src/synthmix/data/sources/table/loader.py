"""A user's own table of numbers, from a csv, parquet or npz file."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.table.config import table_spec
from synthmix.data.sources.table.file import read_table


def load_table(path: str, label_column: str | None, drop_columns: Sequence[str]) -> Dataset:
    """The rows of a file: float64, (N, D), as they stand; no official test set.

    `split` standardises them and gives float32, which alone would lose what a large offset leaves of the digits.

    Args:
        path: a .csv, .parquet or .npz file, as `read_table` describes them.
        label_column: the column with the labels, of any type, encoded as 0 to K-1; None where there is none.
        drop_columns: columns to leave out, such as ids.

    Raises:
        InvalidInput: as `read_table`, with the place of what is wrong.
    """
    table = read_table(path, label_column, drop_columns)
    # Copied, as tensors can be written to and the table is shared by all who read it.
    labels = None if table.labels is None else torch.tensor(table.labels)
    return assemble(table_spec(table), torch.tensor(table.values), labels)
