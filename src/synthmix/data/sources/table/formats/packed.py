"""Files as bytes: plain, .gz, or a .zip of one file, never more of them than is allowed."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

from synthmix.data.sources.table.formats.base import Reading

PACKED = (".gz", ".zip")
CHUNK = 2**24  # bytes; a stream that is asked for so many at once sets them aside, however few there are


def inner_name(path: Path, reading: Reading) -> str:
    """The name of what lies in a packed file; that of any other file is its own.

    Raises:
        InvalidInput: a zip that is none, is locked, or holds not one file.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return path.stem
    return _member(path, reading).filename if suffix == ".zip" else path.name


def content(path: Path, reading: Reading) -> bytes:
    """The bytes of a file, unpacked.

    Raises:
        InvalidInput: it is damaged, or holds more than `reading.max_bytes`, whatever it says of itself.
    """
    suffix = path.suffix.lower()
    with reading.parsing("cannot be unpacked"):
        if suffix == ".gz":
            found = _unpacked(path, reading)
        elif suffix == ".zip":
            member = _member(path, reading)
            reading.refuse_size(member.file_size)
            with zipfile.ZipFile(path) as archive, archive.open(member) as unpacked:
                found = unpacked.read(reading.max_bytes + 1)
        else:
            reading.refuse_size(path.stat().st_size)
            found = path.read_bytes()
    if len(found) > reading.max_bytes:
        raise reading.refusal(f"holds more than data.max_bytes={reading.max_bytes} once it is unpacked")
    return found


def declared_size(path: Path, reading: Reading) -> int:
    """How many bytes the members of a zip say that they hold.

    Raises:
        InvalidInput: it is no zip.
    """
    with reading.parsing("cannot be unpacked"), zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def _unpacked(path: Path, reading: Reading) -> bytes:
    """What a .gz holds, and no more than a chunk beyond what is allowed."""
    chunks, size = [], 0
    with gzip.open(path) as stream:
        while size <= reading.max_bytes and (chunk := stream.read(CHUNK)):
            chunks.append(chunk)
            size += len(chunk)
    return b"".join(chunks)


def _member(path: Path, reading: Reading) -> zipfile.ZipInfo:
    with reading.parsing("cannot be unpacked"), zipfile.ZipFile(path) as archive:
        members = [each for each in archive.infolist() if not each.is_dir() and "__MACOSX" not in each.filename]
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:5])
        raise reading.refusal(f"a zip of {len(members)} files ({names}); must hold one" if members else "an empty zip")
    return members[0]
