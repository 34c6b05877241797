"""The files of known data sets: found, checked by MD5, downloaded by pooch where missing. Light: imports no torch."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmix.errors import InvalidInput

TIMEOUT_S = 30.0
CHUNK_SIZE = 2**16  # bytes


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
    import pooch

    path = folder / file.name
    if not path.is_file():
        _download(file, path)
    elif (found := pooch.file_hash(str(path), alg="md5")) != file.md5:
        raise InvalidInput(
            f"data.root={folder.parent}: {path} has the MD5 {found}, expected {file.md5}; "
            "remove the file to have it downloaded again"
        )
    return path


def _download(file: KnownFile, path: Path) -> None:
    """Has pooch download a file beside `path`, check its MD5 and rename it, so that `path` is never half a file."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)  # its lines would stand between those of the progress bar
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    failures = []
    for mirror in file.mirrors:
        url = mirror + file.name
        try:
            pooch.retrieve(url, f"md5:{file.md5}", file.name, path.parent, downloader=_fetch)
        except (OSError, ValueError) as error:  # of requests, which derives its own from OSError, and of the MD5
            failures.append(f"{url}: {error}")
        else:
            return
    for folder in made:  # by pooch, before it asked the first mirror
        with contextlib.suppress(OSError):  # another process has put a file there by now, or there was no mirror to ask
            folder.rmdir()
    reasons = f"could not be downloaded ({'; '.join(failures)})" if failures else "no mirror has it"
    raise InvalidInput(f"data.root={path.parent.parent}: {file.name} is missing in {path.parent} and {reasons}")


def _fetch(url: str, partial: str, _: Any) -> None:
    """Downloads the bytes of a file as they are stored, with a progress bar on a terminal."""
    from pooch import HTTPDownloader
    from tqdm import tqdm

    Path(partial).unlink()  # pooch's own is readable by its user alone, and data folders are shared
    # disable=None: a bar on a terminal, none in a log file. pooch sets the total, and needs a bar that has one.
    with tqdm(desc=url.rpartition("/")[2], total=1, unit="B", unit_scale=True, disable=None) as bar:
        fetch = HTTPDownloader(bar, CHUNK_SIZE, timeout=TIMEOUT_S, hooks={"response": _keep_encoding})
        fetch(url, partial, None)


def _keep_encoding(response: Any, **_: Any) -> None:
    """Some servers declare a .gz file to be encoded by gzip, and requests would then decompress it."""
    response.raw.headers.pop("Content-Encoding", None)
