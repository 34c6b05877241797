"""MNIST and the sets made in its image: 60,000 training and 10,000 test images of 28×28 in idx files."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.files.known import IDX_FILES, KMNIST_NPZ_FILES
from synthmix.data.sources.files.retrieval import all_present, data_folder, locate
from synthmix.data.sources.idx_config import idx_extent

UNSIGNED_BYTE = 0x08

Bytes = NDArray[np.uint8]


def load_mnist(root: str | None) -> Dataset:
    """Handwritten digits (LeCun, Cortes and Burges 1998): (1, 28, 28) in [0, 1], 10 classes, official test set.

    Args:
        root: folder of the data folders; None takes $SYNTHMIX_DATA or the user's cache.

    Raises:
        InvalidInput: a file is missing and no mirror delivers it, or its MD5 is wrong.
    """
    return _load_idx("mnist", root)


def load_fashion_mnist(root: str | None) -> Dataset:
    """Pieces of clothing (Xiao, Rasul and Vollgraf 2017); otherwise as `load_mnist`."""
    return _load_idx("fashion_mnist", root)


def load_kmnist(root: str | None) -> Dataset:
    """Old Japanese handwriting (Clanuwat et al. 2018); otherwise as `load_mnist`.

    Its npz form is read where its four files are there and the idx files are not.
    """
    folder = data_folder(root, "kmnist")
    if all_present(KMNIST_NPZ_FILES, folder) and not all_present(IDX_FILES["kmnist"], folder):
        return images_of("kmnist", [read_single_array(locate(file, folder)) for file in KMNIST_NPZ_FILES])
    return _load_idx("kmnist", root)


def _load_idx(name: str, root: str | None) -> Dataset:
    folder = data_folder(root, name)
    return images_of(name, [read_idx(locate(file, folder)) for file in IDX_FILES[name]])


def images_of(name: str, arrays: Sequence[Bytes]) -> Dataset:
    """The dataset of four arrays: training images and labels, test images and labels, all of bytes."""
    train_images, train_labels, test_images, test_labels = arrays
    test = (_unit_interval(test_images), _labels(test_labels))
    return assemble(idx_extent(name).spec, _unit_interval(train_images), _labels(train_labels), test=test)


def read_idx(path: Path) -> Bytes:
    """The array in a gzipped idx file of unsigned bytes, in its own shape.

    The format: two zero bytes, the type, the number of axes, the big-endian length of each, the values
    (http://yann.lecun.com/exdb/mnist/).

    Raises:
        ValueError: the file holds something else.
    """
    with gzip.open(path) as stream:
        content = stream.read()
    if content[:3] != bytes([0, 0, UNSIGNED_BYTE]):
        raise ValueError(f"{path}: not an idx file of unsigned bytes")
    n_axes = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=n_axes, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def read_single_array(path: Path) -> Bytes:
    """The one array of an npz file, of bytes."""
    with np.load(path, allow_pickle=False) as archive:
        array: Bytes = archive["arr_0"]
    return array


def _unit_interval(images: Bytes) -> Tensor:
    return torch.from_numpy(images.astype(np.float32)).div_(255).unsqueeze(1)


def _labels(labels: Bytes) -> Tensor:
    return torch.from_numpy(labels.astype(np.int64))
