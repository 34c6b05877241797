"""Pen-based digits: eight points along the stroke of a pen, as a table of 16 columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.files.known import PENDIGITS_TEST, PENDIGITS_TRAIN
from synthmix.data.sources.files.retrieval import data_folder, locate
from synthmix.data.sources.pendigits_config import EXTENT


def load_pendigits(root: str | None) -> Dataset:
    """7,494 rows of 16 coordinates from 0 to 100, 10 classes, official test set of 3,498 by other writers.

    Source: "Pen-Based Recognition of Handwritten Digits", UCI (Alpaydin and Alimoglu 1998).

    Args:
        root: folder of the data folders; None takes $SYNTHMIX_DATA or the user's cache.

    Raises:
        InvalidInput: a file is missing and no mirror delivers it, or its MD5 is wrong.
    """
    folder = data_folder(root, "pendigits")
    x, y = _read(locate(PENDIGITS_TRAIN, folder))
    return assemble(EXTENT.spec, x, y, test=_read(locate(PENDIGITS_TEST, folder)))


def _read(path: Path) -> tuple[Tensor, Tensor]:
    """A row: 16 coordinates, then the class."""
    rows = np.loadtxt(path, delimiter=",")
    return torch.from_numpy(rows[:, :-1].astype(np.float32)), torch.from_numpy(rows[:, -1].astype(np.int64))
