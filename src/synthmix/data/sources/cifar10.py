"""CIFAR-10: photographs of 32×32 in three colours, from the official batches or from a lossless subset."""

from __future__ import annotations

import pickle
import tarfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.cifar10_config import SPEC, reads_subset
from synthmix.data.sources.files.known import CIFAR10_ARCHIVE, CIFAR10_SUBSET
from synthmix.data.sources.files.retrieval import data_folder, locate

ARCHIVE_FOLDER = "cifar-10-batches-py"
TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_BATCHES = ("test_batch",)

# What a pickled numpy array is rebuilt by, under the module names of numpy 1 and 2.
_REBUILD = np.empty(0).__reduce__()[0]
ADMITTED_GLOBALS = {
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "numpy.core.multiarray._reconstruct": _REBUILD,
    "numpy._core.multiarray._reconstruct": _REBUILD,
}

Arrays = tuple[Tensor, Tensor]


def load_cifar10(root: str | None) -> Dataset:
    """50,000 images (3, 32, 32) in [0, 1], 10 classes, official test set of 10,000 (Krizhevsky 2009).

    Where the official archive is missing and the npz of the first 4,000 training and 1,000 test images lies
    in the data folder, that one is read.

    Args:
        root: folder of the data folders; None takes $SYNTHMIX_DATA or the user's cache.

    Raises:
        InvalidInput: a file is missing and no mirror delivers it, or its MD5 is wrong.
    """
    folder = data_folder(root, SPEC.name)
    if reads_subset(root):
        train, test = read_subset(locate(CIFAR10_SUBSET, folder))
    else:
        train, test = read_archive(locate(CIFAR10_ARCHIVE, folder))
    return assemble(SPEC, *train, test=test)


def read_subset(path: Path) -> tuple[Arrays, Arrays]:
    """Training and test arrays of an npz with x_train, y_train, x_test, y_test; images (N, 32, 32, 3) of bytes."""
    with np.load(path, allow_pickle=False) as archive:
        parts = [(archive[f"x_{part}"].transpose(0, 3, 1, 2), archive[f"y_{part}"]) for part in ("train", "test")]
    train, test = (_tensors(images, labels) for images, labels in parts)
    return train, test


def read_archive(path: Path) -> tuple[Arrays, Arrays]:
    """Training and test arrays of the official tar file of python batches.

    Raises:
        pickle.UnpicklingError: a batch asks for anything but numpy arrays.
    """
    with tarfile.open(path) as archive:
        return _read_batches(archive, TRAIN_BATCHES), _read_batches(archive, TEST_BATCHES)


def _read_batches(archive: tarfile.TarFile, names: tuple[str, ...]) -> Arrays:
    batches = []
    for name in names:
        member = archive.extractfile(f"{ARCHIVE_FOLDER}/{name}")
        if member is None:
            raise ValueError(f"{ARCHIVE_FOLDER}/{name}: is not a file in the archive")
        batches.append(ArrayUnpickler(member).load())
    images = np.concatenate([batch[b"data"] for batch in batches]).reshape(-1, *SPEC.shape)
    return _tensors(images, np.concatenate([batch[b"labels"] for batch in batches]))


def _tensors(images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> Arrays:
    # Copied to row-major order, so that equal images have equal digests whichever file they come from.
    x = np.ascontiguousarray(images, dtype=np.float32)
    return torch.from_numpy(x).div_(255), torch.from_numpy(labels.astype(np.int64))


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of plain containers, numbers, texts and numpy arrays, and refuses all else.

    A pickle can name any function and have it called; here only the names in `ADMITTED_GLOBALS` can be found.
    Texts of Python 2 come out as bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="bytes")

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """The admitted object of that name. Raises UnpicklingError for any other."""
        name = f"{module_name}.{global_name}"
        if name not in ADMITTED_GLOBALS:
            raise pickle.UnpicklingError(f"{name}: only numpy arrays are admitted")
        return ADMITTED_GLOBALS[name]
