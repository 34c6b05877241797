"""The files of known data sets: found, checked by MD5, downloaded where missing. Light: imports no torch."""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.request
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from synthmix.errors import InvalidInput

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class KnownFile:
    """A file that everybody has the same copy of.

    Attributes:
        name: official file name.
        md5: MD5 of its bytes, in hexadecimal.
        mirrors: folders that it can be had from, as URLs that end in a slash, tried in this order.
    """

    name: str
    md5: str
    mirrors: tuple[str, ...] = ()


class BrokenDownload(OSError):
    """What a mirror sent is not the file that was asked for."""


def data_folder(root: str | None, set_name: str) -> Path:
    """The folder of one set: in `root`, else in $SYNTHMIX_DATA, else in ~/.cache/synthmix/data."""
    chosen = root or os.environ.get("SYNTHMIX_DATA") or "~/.cache/synthmix/data"
    return Path(chosen).expanduser() / set_name


def all_present(files: Iterable[KnownFile], folder: Path) -> bool:
    """Whether every one of the files lies in the folder (its bytes are not looked at)."""
    return all((folder / file.name).is_file() for file in files)


def locate(file: KnownFile, folder: Path) -> Path:
    """The path of a file with the right MD5, downloaded from the first mirror that has it where it is missing.

    Raises:
        InvalidInput: the file in the folder has another MD5, or it is missing and no mirror delivers it.
    """
    path = folder / file.name
    if not path.is_file():
        _download(file, path)
    elif (found := _md5_of(path)) != file.md5:
        raise InvalidInput(
            f"data.root={folder.parent}: {path} has the MD5 {found}, expected {file.md5}; "
            "remove the file to have it downloaded again"
        )
    return path


def _download(file: KnownFile, path: Path) -> None:
    failures = []
    for mirror in file.mirrors:
        try:
            _fetch(mirror + file.name, file, path)
        except (OSError, HTTPException) as error:
            failures.append(f"{mirror}{file.name}: {error}")
        else:
            return
    reasons = f"could not be downloaded ({'; '.join(failures)})" if failures else "no mirror has it"
    raise InvalidInput(f"data.root={path.parent.parent}: {file.name} is missing in {path.parent} and {reasons}")


def _fetch(url: str, file: KnownFile, path: Path) -> None:
    """Downloads beside `path` and renames once the MD5 is right, so that `path` is never half a file."""
    from tqdm import tqdm

    partial = path.with_name(f".{file.name}.{uuid.uuid4().hex}.part")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
            size = int(response.headers.get("Content-Length", 0)) or None
            path.parent.mkdir(parents=True, exist_ok=True)
            # disable=None: a bar on a terminal, none in a log file.
            bar = tqdm.wrapattr(response, "read", total=size, desc=file.name, disable=None)
            with partial.open("wb") as out, bar as source:
                shutil.copyfileobj(source, out)
        received = partial.stat().st_size
        if size is not None and received != size:
            raise BrokenDownload(f"ended after {received} of {size} bytes")
        if (found := _md5_of(partial)) != file.md5:
            raise BrokenDownload(f"has the MD5 {found}, expected {file.md5}")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _md5_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
