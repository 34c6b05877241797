"""The 1,797 handwritten digits of 8×8 pixels that scikit-learn brings along."""

from __future__ import annotations

import numpy as np
import torch
from sklearn import datasets

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.digits_config import EXTENT

GREYS = 16


def load_digits() -> Dataset:
    """1,797 images (1, 8, 8) with values in [0, 1], 10 classes, no official test set.

    Source: the test part of "Optical Recognition of Handwritten Digits", UCI (Alpaydin and Kaynak 1998).
    """
    bunch = datasets.load_digits()
    x = (bunch.images / GREYS).astype(np.float32)[:, None]
    return assemble(EXTENT.spec, torch.from_numpy(x), torch.from_numpy(bunch.target.astype(np.int64)))
