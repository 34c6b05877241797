"""Arrays of numpy, under the names that people give them."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.table.formats.base import Cells, RawImages, RawTable, Reading, numbered_row
from synthmix.data.sources.table.formats.packed import PACKED, content
from synthmix.data.sources.table.formats.sampling import sampled_rows
from synthmix.errors import InvalidInput

Arrays = Mapping[str, NDArray[Any]]
POINTS = ("x", "X", "data", "images", "features")
TRAIN = ("x_train", "X_train", "train_x", "train_images", "train_data")
OF_TEST = {"x_train": "x_test", "X_train": "X_test", "train_x": "test_x", "train_images": "test_images",
           "train_data": "test_data"}  # fmt: skip
LABELS = ("y", "Y", "labels", "label", "target", "y_train", "Y_train", "train_y", "train_labels")
ALLOWED = "the points in one array x, X, data, images or features, or in x_train and x_test"


def read_npz(path: Path, reading: Reading) -> RawTable | RawImages:
    """Reads points, and labels where they were asked for; an official test set where there is one.

    Raises:
        InvalidInput: not an npz file of plain arrays, no points in it, or as many labels as there are not points.
    """
    with reading.parsing("not an npz file of plain arrays"):
        with zipfile.ZipFile(path) as archive:
            declared = sum(_declared(archive, name) for name in archive.namelist())
        reading.refuse_size(declared)
        with np.load(path, allow_pickle=False) as members:
            names, asked = tuple(members.files), reading.label_column
            wanted = {*POINTS, *TRAIN, *OF_TEST.values(), asked, asked and _of_test(asked)}
            arrays = {name: members[name] for name in names if name in wanted}
    points = [name for name in (*POINTS, *TRAIN) if name in arrays and name != asked]
    if len(points) != 1 or arrays[points[0]].ndim not in (2, 3, 4):
        raise reading.refusal(f"must hold {ALLOWED}; holds {', '.join(names[:8])}")
    note = _unread_labels(names, reading)
    test_name = OF_TEST.get(points[0])
    test = None
    if test_name is not None and test_name in arrays:
        of_test = None if asked is None or asked not in arrays else _of_test(asked)
        if of_test is not None and of_test not in arrays:
            raise InvalidInput(f"data.label_column={asked}: {test_name} has no labels; must be in {of_test}")
        test = _read(arrays, test_name, of_test, asked, (), reading, None)
    return _read(arrays, points[0], asked, asked, note, reading, test)


def read_npy(path: Path, reading: Reading) -> RawTable | RawImages:
    """Reads one array of points. Raises InvalidInput where it is none, or says that it holds too much."""
    if reading.max_rows is not None:
        points, rows = sampled_rows(path, reading, reading.max_rows)
        return _read({"x": points}, "x", None, None, (), reading, None, place=lambda row: numbered_row(int(rows[row])))
    is_packed = path.suffix.lower() in PACKED
    if not is_packed:
        reading.refuse_size(path.stat().st_size)
    raw = (
        io.BytesIO(content(path, reading)) if is_packed else path.open("rb")
    )  # which numpy reads into the array itself
    with raw, reading.parsing("not a plain array of numpy"):
        reading.refuse_size(_array_size(raw))
        points = np.load(raw, allow_pickle=False)
    if points.ndim not in (2, 3, 4):
        raise reading.refusal(f"must be points (N, D) or images (N, H, W), has the shape {points.shape}")
    return _read({"x": points}, "x", None, None, (), reading, None)


def _read(
    arrays: Arrays, name: str, labels: str | None, asked: str | None, notes: tuple[str, ...], reading: Reading,
    test: Any, place: Callable[[int], str] = numbered_row,
) -> RawTable | RawImages:  # fmt: skip
    points = arrays[name]
    given = None if labels is None else arrays.get(labels)
    if given is not None:
        given = given.reshape(len(given)) if given.ndim == 2 and given.shape[1] == 1 else given
        if given.shape != points.shape[:1]:
            raise InvalidInput(f"data.label_column={labels}: must have the shape ({len(points)},), has {given.shape}")
    if points.ndim > 2:
        if asked is not None and given is None:
            raise InvalidInput(f"data.label_column={asked}: no such array in data.path={reading.path}")
        return RawImages(_channels_first(points, name, reading), given, notes, test)
    columns: dict[str, Cells] = {str(number): column for number, column in enumerate(points.T)}
    if given is not None and asked is not None:
        columns[asked] = given
    return RawTable(columns, len(points), place, None, notes, test)


def _channels_first(images: NDArray[Any], name: str, reading: Reading) -> NDArray[Any]:
    """Images as (N, C, H, W). Raises InvalidInput where they are no such, or of another range of values."""
    if images.ndim == 3:
        images = images[:, None]
    elif images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    if images.shape[1] not in (1, 3):
        raise reading.refusal(f"{name} of shape {images.shape}: must be images of 1 or 3 channels")
    if images.dtype != np.uint8:
        if images.dtype.kind not in "biuf" or not np.isfinite(images).all():
            raise reading.refusal(f"{name}: must hold finite numbers")
        low, high = images.min(initial=0), images.max(initial=0)
        if low < 0 or high > 255 or (high > 1 and images.dtype.kind == "f" and (images % 1).any()):
            raise reading.refusal(
                f"{name}: values from {low:g} to {high:g}; must be whole numbers from 0 to 255, or from 0 to 1"
            )
    return images


def _unread_labels(names: tuple[str, ...], reading: Reading) -> tuple[str, ...]:
    found = [name for name in LABELS if name in names]
    if not found or reading.label_column is not None:
        return ()
    return (f"data.path={reading.path}: the labels in {found[0]} are not read; data.label_column={found[0]} scores by "
            "them",)  # fmt: skip


def _of_test(name: str) -> str:
    return name.replace("train", "test") if "train" in name else f"{name}_test"


def _declared(archive: zipfile.ZipFile, name: str) -> int:
    """What an array says that it takes, or its member does where that is more."""
    with archive.open(name) as member:
        return max(archive.getinfo(name).file_size, _array_size(member) if name.endswith(".npy") else 0)


def _array_size(stream: Any) -> int:
    """Bytes of an array by its header, which is all that is read; a stream that can be sought is left at its start."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if stream.seekable():
        stream.seek(0)
    return math.prod(shape) * dtype.itemsize
