"""USPS: digits that the U.S. Postal Service scanned from envelopes, 16×16, as zip.train.gz and zip.test.gz."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.files.known import USPS_TEST, USPS_TRAIN
from synthmix.data.sources.files.retrieval import data_folder, locate
from synthmix.data.sources.usps_config import EXTENT


def load_usps(root: str | None) -> Dataset:
    """7,291 images (1, 16, 16) in [0, 1], 10 classes, official test set of 2,007.

    Source: Le Cun et al. 1990, in the form of "The Elements of Statistical Learning", whose greys run from
    -1 to 1. LIBSVM's file of the same images has other pixels.

    Args:
        root: folder of the data folders; None takes $SYNTHMIX_DATA or the user's cache.

    Raises:
        InvalidInput: a file is missing and no mirror delivers it, or its MD5 is wrong.
    """
    folder = data_folder(root, "usps")
    x, y = _read(locate(USPS_TRAIN, folder))
    return assemble(EXTENT.spec, x, y, test=_read(locate(USPS_TEST, folder)))


def _read(path: Path) -> tuple[Tensor, Tensor]:
    """A row: the label, then 256 greys in [-1, 1]."""
    rows = np.loadtxt(path)
    greys = ((rows[:, 1:] + 1) / 2).astype(np.float32).reshape(-1, *EXTENT.spec.shape)
    return torch.from_numpy(greys), torch.from_numpy(rows[:, 0].astype(np.int64))
