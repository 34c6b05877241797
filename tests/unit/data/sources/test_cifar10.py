"""CIFAR-10 in both forms, and an unpickler that runs nobody's code."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from synthmix.data.sources.cifar10 import ArrayUnpickler, load_cifar10, read_archive, read_subset
from synthmix.data.sources.cifar10_config import Cifar10Config
from synthmix.errors import InvalidInput

TRAIN = [396, 366, 420, 384, 422, 393, 414, 385, 407, 413]
TEST = [103, 89, 100, 103, 90, 86, 112, 102, 106, 109]


def python2_text(text: bytes) -> bytes:
    return b"U" + bytes([len(text)]) + text


def python2_batch(images: np.ndarray, labels: list[int]) -> bytes:
    """The opcodes that Python 2 wrote (protocol 2): texts and array bytes as `str`, numpy by its names of then."""
    shape = b"M" + struct.pack("<H", len(images)) + b"M" + struct.pack("<H", 3072) + b"\x86"
    data = images.tobytes()
    return (
        b"\x80\x02}("
        + (python2_text(b"batch_label") + python2_text(b"training batch 1 of 5"))
        + (python2_text(b"labels") + b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e")
        + (python2_text(b"data") + b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n")
        + (b"K\x00\x85" + python2_text(b"b") + b"\x87R(K\x01" + shape)
        + (b"cnumpy\ndtype\n" + python2_text(b"u1") + b"K\x00K\x01\x87R")
        + (b"(K\x03" + python2_text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb")
        + (b"\x89T" + struct.pack("<I", len(data)) + data + b"tb")
        + b"u."
    )


def write_archive(path: Path, batches: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_the_official_archive_is_read_in_its_order(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (12, 3072)).astype(np.uint8)
    labels = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    batches = {
        name: python2_batch(images[2 * i : 2 * i + 2], labels[2 * i : 2 * i + 2]) for i, name in enumerate(names)
    }
    write_archive(tmp_path / "batches.tar.gz", dict(reversed(batches.items())))
    (x, y), (test_x, test_y) = read_archive(tmp_path / "batches.tar.gz")
    assert y.tolist() == labels[:10]
    assert test_y.tolist() == labels[10:]
    # A row is 1,024 reds, then greens, then blues, each in row-major order.
    assert x[0, 1, 2, 3] == torch.tensor(images[0, 1024 + 2 * 32 + 3] / 255).float()
    np.testing.assert_array_equal((test_x * 255).round().numpy().reshape(2, -1), images[10:])


def test_the_subset_holds_the_known_images(data_root: Path) -> None:
    (x, y), (test_x, test_y) = read_subset(data_root / "cifar10" / "cifar10_lossless_subset.npz")
    assert x.shape == (4000, 3, 32, 32)
    assert test_x.shape == (1000, 3, 32, 32)
    assert y.bincount().tolist() == TRAIN
    assert test_y.bincount().tolist() == TEST
    assert (x[0, :, 0, 0] * 255).round().tolist() == [59, 62, 63]
    assert (test_x[0, :, 0, 0] * 255).round().tolist() == [158, 112, 49]


def schema(root: Path) -> Cifar10Config:
    return Cifar10Config(
        _target_="synthmix.data.sources.cifar10.load_cifar10",
        name="cifar10",
        root=str(root),
        n_train=1000,
        n_val=1000,
        n_test=None,
        n_reserve=0,
    )


def learnt_from(root: Path) -> int:
    """The points of train and pool together."""
    config = schema(root)
    return config.parts(config.extent()).learn


def test_the_subset_is_read_where_the_archive_is_not_there(data_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cifar10"
    folder.mkdir()
    name = "cifar10_lossless_subset.npz"
    (folder / name).symlink_to((data_root / "cifar10" / name).resolve())
    dataset = load_cifar10(str(tmp_path))
    assert dataset.test is not None
    assert (len(dataset), len(dataset.test)) == (4000, 1000)
    assert learnt_from(tmp_path) == 3000
    (folder / "cifar-10-python.tar.gz").write_bytes(b"")
    assert learnt_from(tmp_path) == 49_000
    with pytest.raises(InvalidInput, match=r"cifar-10-python\.tar\.gz has the MD5 d41d8cd9"):
        load_cifar10(str(tmp_path))


class Payload:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(
    ("function", "argument"),
    [(os.system, "touch seen"), (eval, "open('seen', 'w')"), (np.load, "seen"), (np.fromfile, "seen")],
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_unpickler_calls_nothing(function: object, argument: str, protocol: int) -> None:
    payload = pickle.dumps({"data": Payload(function, argument)}, protocol=protocol)
    with pytest.raises(pickle.UnpicklingError, match="only numpy arrays are admitted"):
        ArrayUnpickler(io.BytesIO(payload)).load()
    assert not Path("seen").exists()


@pytest.mark.parametrize("protocol", [3, 4])
def test_the_unpickler_reads_arrays_of_this_numpy(protocol: int) -> None:
    array = np.arange(6).reshape(2, 3)
    loaded = ArrayUnpickler(io.BytesIO(pickle.dumps({"data": array}, protocol=protocol))).load()
    np.testing.assert_array_equal(loaded["data"], array)
