"""Where documents lie: the files of a folder or of a zip, as bytes. Light: imports no torch."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from synthmix.data.sources.table.formats.base import Reading
from synthmix.errors import InvalidInput

SUFFIXES = (".txt", ".text", ".md")  # or none, as the files of mailing lists and newsgroups have
SHOWN = 10
Raw = list[tuple[str, bytes]]


def in_folder(folder: Path, reading: Reading) -> tuple[Raw, Sequence[str]]:
    """The documents below a folder by their paths, sorted, and what is left out of it.

    Raises:
        InvalidInput: a file is no document, there is none, or they hold more than `reading.max_bytes`.
    """
    found = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    names, left_out, within = _documents(found, reading)
    reading.refuse_size(sum(found[name].stat().st_size for name in names))
    return [(_short(name, within), found[name].read_bytes()) for name in names], left_out


def in_zip(path: Path, reading: Reading) -> tuple[Raw, Sequence[str]]:
    """The same of a zip, never more of it than is allowed, whatever it says of itself."""
    with reading.parsing("cannot be unpacked"), zipfile.ZipFile(path) as archive:
        found = {member.filename: member for member in archive.infolist() if not member.is_dir()}
        names, left_out, within = _documents(found, reading)
        reading.refuse_size(sum(found[name].file_size for name in names))
        raw, left = [], reading.max_bytes
        for name in names:
            with archive.open(found[name]) as unpacked:
                content = unpacked.read(left + 1)
            left -= len(content)
            if left < 0:
                raise reading.refusal(f"holds more than data.max_bytes={reading.max_bytes} once it is unpacked")
            raw.append((_short(name, within), content))
        return raw, left_out


def is_zip_of_documents(path: Path, reading: Reading) -> bool:
    """Whether a file is a zip of which any file is a document, and not one of a single table."""
    if path.suffix.lower() != ".zip":
        return False
    with reading.parsing("cannot be unpacked"), zipfile.ZipFile(path) as archive:
        names = [member.filename for member in archive.infolist() if not member.is_dir()]
    return len(names) != 1 or PurePosixPath(names[0]).suffix.lower() in SUFFIXES


def _documents(found: Iterable[str], reading: Reading) -> tuple[list[str], list[str], str]:
    """The names of the documents, what is left out, and the folder that all documents lie in."""
    names = sorted(name for name in found if not _is_hidden(name))
    left_out = [name for name in names if PurePosixPath(name).stem.upper() == "README"]
    names = [name for name in names if name not in left_out]
    others = [name for name in names if PurePosixPath(name).suffix.lower() not in ("", *SUFFIXES)]
    if others:
        lines = [f"{name} must end in {', '.join(SUFFIXES)}, or have no ending" for name in others[:SHOWN]]
        lines += [f"{len(others) - SHOWN} more such files"] if len(others) > SHOWN else []
        raise InvalidInput(*(f"data.path={reading.path}: {line}" for line in lines))
    if not names:
        raise reading.refusal(f"holds no document (a file that ends in {', '.join(SUFFIXES)}, or has no ending)")
    return names, left_out, os.path.commonpath([str(PurePosixPath(name).parent) for name in names])


def _short(name: str, within: str) -> str:
    """Without the folder that all documents lie in."""
    return name[len(within) + 1 :] if within else name


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)
