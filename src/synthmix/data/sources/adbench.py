"""Sets of ADBench: tables in which anomalies are labelled."""

from __future__ import annotations

import numpy as np
import torch

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.adbench_config import SHAPES
from synthmix.data.sources.files.known import ADBENCH
from synthmix.data.sources.files.retrieval import data_folder, locate
from synthmix.spec import DataSpec


def load_adbench(root: str | None, set: str) -> Dataset:
    """The rows of one set, labelled 0 (normal) and 1 (anomaly), as they stand (`split` standardises them).

    Source: Han et al., "ADBench: Anomaly Detection Benchmark", NeurIPS 2022.

    Args:
        root: folder of the data folders; None takes $SYNTHMIX_DATA or the user's cache.
        set: cardio, mnist, satellite, shuttle or thyroid.

    Raises:
        InvalidInput: the file is missing and no mirror delivers it, or its MD5 is wrong.
    """
    with np.load(locate(ADBENCH[set], data_folder(root, "adbench")), allow_pickle=False) as archive:
        x, y = archive["X"].astype(np.float64), archive["y"].astype(np.int64)
    spec = DataSpec("adbench", "table", (SHAPES[set][1],), None, n_classes=2)
    return assemble(spec, torch.from_numpy(x), torch.from_numpy(y))
