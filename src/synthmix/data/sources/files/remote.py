"""A file of the user's on a web server, kept once it is downloaded. Light: imports no torch."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from synthmix.data.sources.files.retrieval import CHUNK_SIZE, TIMEOUT_S, data_folder
from synthmix.errors import InvalidInput

SCHEMES = ("http://", "https://")


def is_url(path: str) -> bool:
    """Whether a path is an address on the web."""
    return path.lower().startswith(SCHEMES)


def local_path(url: str) -> Path:
    """Where the file of an address is kept: in the user's data folder, by the address and its own name."""
    name = re.sub(r"[^\w.-]", "_", Path(urlsplit(url).path).name)
    return data_folder(None, "downloads") / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{name}"


def fetched(url: str, max_bytes: int) -> Path:
    """The file of an address, downloaded where it is not there yet.

    Raises:
        InvalidInput: the address holds a password, nothing answers, or the file holds more than `max_bytes`.
    """
    if urlsplit(url).username or urlsplit(url).password:
        raise InvalidInput("data.path: an address must hold no user and no password; download the file, and name it")
    path = local_path(url)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False)  # noqa: SIM115
        try:
            with partial:
                _download(url, Path(partial.name), max_bytes)
            os.chmod(partial.name, 0o644)  # a temporary file is readable by its user alone, and data folders are shared
            os.replace(partial.name, path)
        finally:
            Path(partial.name).unlink(missing_ok=True)
    return path


def _download(url: str, partial: Path, max_bytes: int) -> None:
    """Writes what an address sends, with a progress bar on a terminal."""
    import requests
    from tqdm import tqdm

    refusal = f"data.path={url}: could not be downloaded"
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer, partial.open("wb") as file:
            answer.raise_for_status()
            declared, received = int(answer.headers.get("Content-Length", 0)), 0
            name = url.rpartition("/")[2]
            with tqdm(desc=name, total=declared or None, unit="B", unit_scale=True, disable=None) as bar:
                for chunk in answer.iter_content(CHUNK_SIZE):
                    received += len(chunk)
                    if (at_least := max(received, declared)) > max_bytes:
                        raise InvalidInput(
                            f"data.max_bytes={max_bytes}: data.path={url} holds {at_least} bytes or more; allow them"
                        )
                    file.write(chunk)
                    bar.update(len(chunk))
    except requests.RequestException as error:
        raise InvalidInput(f"{refusal} ({_reason(error)}); download it by other means, and name the file") from None


def _reason(error: Exception) -> str:
    """What is wrong in a few words: the innermost cause, without the object that it was raised in."""
    while isinstance(cause := (error.__cause__ or error.__context__), Exception):
        error = cause
    return re.sub(r"^<[^>]*>:? ?", "", str(error).partition("\n")[0]) or type(error).__name__
