"""Every picture of a folder, read to one array; a file that is none is refused by its name.

Light: imports no torch, so that `synthmix validate` can read the folder before anything is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.image_folder.picture import is_grey, read_picture
from synthmix.errors import InvalidInput

Labels = Literal["auto", "folders", "none"]
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
MIN_SIDE, MAX_SIDE = 8, 64  # pixels
SHOWN = 10  # faults of single files


@dataclass(frozen=True)
class Pictures:
    """The pictures of a folder.

    Attributes:
        values: float32, (N, C, H, W), from 0 to 1.
        labels: int64, (N,), from 0 to K-1 in the sorted order of the subfolders' names; None where there are none.
    """

    values: NDArray[np.float32]
    labels: NDArray[np.int64] | None

    @property
    def n_classes(self) -> int | None:
        """Number of differing labels."""
        return None if self.labels is None else int(self.labels.max()) + 1


def read_pictures(path: str, image_size: int | None, channels: int | None, labels: Labels) -> Pictures:
    """Reads every png, jpg and tif below a folder, in the sorted order of their paths; hidden files are left out.

    Raises:
        InvalidInput: no such folder, no picture in it, a file that is no picture, broken, or of too many pixels,
            pictures of differing sizes where `image_size` is None, or pictures beside subfolders that are labels.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise InvalidInput(
            f"data.path={path}: {'is a file, must be a folder' if folder.exists() else 'no such folder'}"
        )
    found = sorted(
        file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(folder).parts)
    )
    others = [file for file in found if file.suffix.lower() not in SUFFIXES]
    if others:
        raise InvalidInput(
            *_some(
                [f"data.path={path}: {_short(one, folder)} must end in {', '.join(SUFFIXES)}" for one in others], path
            )
        )
    if not found:
        raise InvalidInput(f"data.path={path}: holds no file that ends in {', '.join(SUFFIXES)}")
    states = tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in found)
    return _read(path, folder, states, image_size, channels, labels)


@lru_cache(maxsize=2)  # validate, each job of a sweep and the loader ask for the same pictures
def _read(
    path: str,
    folder: Path,
    states: tuple[tuple[Path, int, int], ...],
    image_size: int | None,
    channels: int | None,
    labels: Labels,
) -> Pictures:
    files = [file for file, *_ in states]
    encoded = _labels(path, folder, files, labels)
    pictures, faults = [], []
    for file in files:
        try:
            pictures.append(read_picture(file, image_size))
        except ValueError as error:
            faults.append(f"data.path={path}: {_short(file, folder)} {error}")
    if faults:
        raise InvalidInput(*_some(faults, path))
    _refuse_sizes(path, folder, files, pictures)
    n_channels = channels or (1 if all(map(is_grey, pictures)) else 3)
    values = np.stack([_with_channels(picture, n_channels) for picture in pictures])
    return Pictures(np.ascontiguousarray(values.transpose(0, 3, 1, 2)), encoded)


def _labels(path: str, folder: Path, files: Sequence[Path], labels: Labels) -> NDArray[np.int64] | None:
    if labels == "none":
        return None
    parts = [file.relative_to(folder).parts for file in files]
    outside = [file for file, its in zip(files, parts, strict=True) if len(its) == 1]
    if outside and (labels == "folders" or len(outside) < len(files)):
        raise InvalidInput(
            f"data.labels={labels}: {_short(outside[0], folder)} of data.path={path} lies in no subfolder "
            f"({len(outside)} such pictures); move it into one, or give none"
        )
    names, codes = np.unique([its[0] for its in parts], return_inverse=True)
    if outside or (labels == "auto" and len(names) == 1):
        return None
    return np.asarray(codes, dtype=np.int64)


def _refuse_sizes(path: str, folder: Path, files: Sequence[Path], pictures: Sequence[NDArray[np.float32]]) -> None:
    first = pictures[0].shape[:2]
    for file, picture in zip(files, pictures, strict=True):
        if picture.shape[:2] != first:
            sizes = f"{_short(file, folder)} is {_shape(picture)}, {_short(files[0], folder)} is {_shape(pictures[0])}"
            raise InvalidInput(
                f"data.image_size=null: {sizes} in data.path={path}; must be a number from {MIN_SIDE} to {MAX_SIDE}"
            )
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in first):
        raise InvalidInput(
            f"data.image_size=null: the pictures of data.path={path} are {_shape(pictures[0])}; "
            f"must be a number from {MIN_SIDE} to {MAX_SIDE}"
        )


def _with_channels(picture: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """A picture (H, W, 1 or 3) with that many channels; grey is the luma of ITU-R 601-2."""
    if picture.shape[2] == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=2)
    luma: NDArray[np.float32] = (picture @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)).clip(0, 1)
    return luma


def _some(faults: Sequence[str], path: str) -> list[str]:
    """The first faults, and how many more there are."""
    more = len(faults) - SHOWN
    return [*faults[:SHOWN], *([f"data.path={path}: {more} more such files"] if more > 0 else [])]


def _is_hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def _short(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _shape(picture: NDArray[np.float32]) -> str:
    height, width, _ = picture.shape
    return f"{height}×{width}"
