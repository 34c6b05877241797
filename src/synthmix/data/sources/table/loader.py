"""A user's own table or images, from a file."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import torch

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.table.config import TableConfig


def load_table(config: TableConfig) -> Dataset:
    """The rows of a file: of a table float64, (N, D), as they stand; of images float32, (N, C, H, W).

    `split` standardises a table and gives float32, which alone would lose what a large offset leaves of the digits.

    Raises:
        InvalidInput: as `TableConfig.read`, with the place of what is wrong.
    """
    table = config.read()
    # Copied, as tensors can be written to and the table is shared by all who read it.
    labels = None if table.labels is None else torch.tensor(table.labels)
    test = table.test
    official = None
    if test is not None:
        # A dataset without labels has none in its test set either.
        official = torch.tensor(test.values), None if test.labels is None else torch.tensor(test.labels)
    dataset = assemble(config.spec_of(table), torch.tensor(table.values), labels, test=official)
    fills = config.missing in ("impute", "model") and np.isnan(table.values).any()
    impute, to_models = config.imputation if fills else None, bool(fills and config.missing == "model")
    kinds = [column for column in table.columns if column.kind not in ("numeric", "integer")]
    encodings = [column.encoding for column in dataset.spec.columns]
    is_plain = set(encodings) <= {"plain"}
    if impute is None and not kinds and is_plain:
        return dataset
    # What the same numbers come to depends on how they are read; of plain numbers it does not.
    how = (impute, "model") if to_models else impute
    read = repr((how, [(column.kind, column.levels) for column in table.columns], *([] if is_plain else encodings)))
    digest = hashlib.sha256(f"{dataset.spec.digest} {read}".encode()).hexdigest()
    return replace(dataset, spec=replace(dataset.spec, digest=digest), impute=impute, keeps_gaps=to_models)
