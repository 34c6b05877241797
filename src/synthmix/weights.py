"""Files of torch whose author is unknown: tensors and plain values, and no more of them than the file holds."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

NO_SPACE = 2**20  # bytes: with fewer free ones a disk is full


class NoWeightsError(ValueError):
    """A file that torch has not written, or that declares more than it holds."""


def read_weights(file: Path) -> Any:
    """What `torch.save` has written, its tensors on the CPU. No code that a file names is run.

    Raises:
        NoWeightsError: the file is another kind of file, or one that grows as it is read.
        pickle.UnpicklingError: it holds objects.
    """
    import torch

    check_weights(file)
    return torch.load(file, map_location="cpu", weights_only=True)


def write_weights(content: Any, file: Path) -> None:
    """Writes a file that `read_weights` reads.

    Raises:
        OSError: it cannot be written; torch's own error says no word of the disk.
        pickle.PickleError: it holds objects that cannot be written.
    """
    import torch

    try:
        torch.save(content, file)
    except RuntimeError as error:
        full = shutil.disk_usage(file.parent).free < NO_SPACE
        number = errno.ENOSPC if full else errno.EIO
        raise OSError(number, os.strerror(number), str(file)) from error


def check_weights(file: Path) -> None:
    """Compares what a file declares with what it holds, before anything of it is read.

    Raises:
        NoWeightsError: see `read_weights`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise NoWeightsError(f"{file}: not a file of torch ({error})") from error
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):  # torch compresses nothing
        raise NoWeightsError(f"{file}: has compressed parts, which torch does not write")
    declared, size = sum(entry.file_size for entry in entries), file.stat().st_size
    if declared > size:
        raise NoWeightsError(f"{file}: declares {declared} bytes and has {size}")
