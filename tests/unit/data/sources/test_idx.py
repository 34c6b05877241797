"""MNIST and its kin hold what their authors published."""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from synthmix.data.base import Dataset
from synthmix.data.sources.idx import (
    images_of,
    load_fashion_mnist,
    load_kmnist,
    load_mnist,
    read_idx,
    read_single_array,
)
from synthmix.errors import InvalidInput

MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def raw_md5(dataset: Dataset) -> str:
    """MD5 of the unzipped idx file that the images must have come from."""
    pixels = (dataset.x * 255).round().to(torch.uint8)
    header = struct.pack(">4I", 0x803, len(pixels), 28, 28)
    return hashlib.md5(header + pixels.numpy().tobytes()).hexdigest()


# The raw MD5 of MNIST's training images is a published one; that of Fashion-MNIST is of the unzipped official file.
@pytest.mark.parametrize(
    ("load", "name", "train", "test"),
    [
        (load_mnist, "mnist", MNIST_TRAIN, MNIST_TEST),
        (load_fashion_mnist, "fashion_mnist", [6000] * 10, [1000] * 10),
    ],
)
def test_published_counts_and_pixels(
    load: Callable[[str], Dataset], name: str, train: list[int], test: list[int], data_root: Path
) -> None:
    dataset = load(str(data_root))
    assert dataset.y is not None
    assert dataset.test is not None
    assert dataset.test.y is not None
    assert dataset.x.shape == (60_000, 1, 28, 28)
    assert dataset.test.x.shape == (10_000, 1, 28, 28)
    assert dataset.y.bincount().tolist() == train
    assert dataset.test.y.bincount().tolist() == test
    assert (dataset.x.min(), dataset.x.max()) == (0, 1)
    unzipped = gzip.decompress((data_root / name / "train-images-idx3-ubyte.gz").read_bytes())
    assert raw_md5(dataset) == hashlib.md5(unzipped).hexdigest()
    if name == "mnist":
        assert raw_md5(dataset) == "6bbc9ace898e44ae57da46a324031adb"
        assert raw_md5(dataset.test) == "2646ac647ad5339dbf082846283269ea"


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def test_idx_and_npz_give_the_same_dataset(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = [
        array.astype(np.uint8)
        for array in (rng.integers(0, 256, (6, 28, 28)), np.arange(6), rng.integers(0, 256, (4, 28, 28)), np.arange(4))
    ]
    for number, array in enumerate(arrays):
        write_idx(tmp_path / f"{number}.gz", array)
        np.savez_compressed(tmp_path / f"{number}.npz", array)
    from_idx = images_of("kmnist", [read_idx(tmp_path / f"{number}.gz") for number in range(4)])
    from_npz = images_of("kmnist", [read_single_array(tmp_path / f"{number}.npz") for number in range(4)])
    assert from_idx.spec == from_npz.spec
    assert torch.equal(from_npz.x[:, 0], torch.from_numpy(arrays[0] / 255).float())
    assert from_npz.test is not None
    assert torch.equal(from_npz.test.x[:, 0], torch.from_numpy(arrays[2] / 255).float())


def test_kmnist_reads_its_npz_files_where_only_they_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "kmnist"
    folder.mkdir()
    for part in ("train-imgs", "train-labels", "test-imgs", "test-labels"):
        np.savez(folder / f"kmnist-{part}.npz", np.zeros(1, dtype=np.uint8))
    with pytest.raises(InvalidInput, match=r"kmnist-train-imgs\.npz has the MD5"):
        load_kmnist(str(tmp_path))
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        write_idx(folder / f"{part}-ubyte.gz", np.zeros(1, dtype=np.uint8))
    with pytest.raises(InvalidInput, match=r"train-images-idx3-ubyte\.gz has the MD5"):
        load_kmnist(str(tmp_path))


def test_another_file_is_no_idx_file(tmp_path: Path) -> None:
    path = tmp_path / "floats.gz"
    path.write_bytes(gzip.compress(bytes([0, 0, 0x0D, 1]) + struct.pack(">I", 1) + bytes(4)))
    with pytest.raises(ValueError, match="not an idx file of unsigned bytes"):
        read_idx(path)
