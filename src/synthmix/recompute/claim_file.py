"""Reads a claim, which is a stranger's: nothing of it is unpacked, run or believed before it is bounded and checked."""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmix.errors import InvalidInput
from synthmix.recompute.claim import CELLS, FORMAT, MANIFEST, TABLES
from synthmix.recompute.foreign import checked_mapping, read_json

MOST_BYTES = 2**28  # of all files together, packed and unpacked: a study of 5,000 cells takes 30 MB
MOST_FILES = 1000
MOST_CELLS = 100_000
NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
FIELDS = {"table": str, "config": dict, "n_train": int, "digest": str, "key": str}


@dataclass(frozen=True)
class ClaimedCell:
    """A cell as a claim has it.

    Attributes:
        table: the file that has its row.
        config: plain, not checked yet.
        n_train: points of train.
        digest: of the data set.
        key: of the cell.
        environment: tags of the environment in which it was computed; None where it was not.
    """

    table: str
    config: Mapping[str, Any]
    n_train: int
    digest: str
    key: str
    environment: Mapping[str, str] | None


@dataclass(frozen=True)
class Claim:
    """A claim whose files are those of its manifest: the study, its tables as texts, and its cells."""

    study: str
    tables: Mapping[str, str]
    cells: list[ClaimedCell]


def read_claim(file: Path) -> Claim:
    """Reads a claim.

    Raises:
        InvalidInput: it is no claim, is too large, names a file outside, or has one that is not that of its manifest; a
            line for each fault.
    """
    contents = _contents(file)
    if MANIFEST not in contents:
        raise InvalidInput(f"{file}: has no {MANIFEST}, which every claim has")
    manifest = read_json(_text(contents.pop(MANIFEST), f"{file}: {MANIFEST}"), f"{file}: {MANIFEST}")
    if manifest.get("format") != FORMAT:
        raise InvalidInput(f"{file}: {MANIFEST}: format={manifest.get('format')!r}: must be {FORMAT}")
    faults = [f"{file}: {fault}" for fault in _unlike(manifest.get("files"), contents)]
    if faults:
        raise InvalidInput(*faults[:10])
    for name in (CELLS, TABLES["sweep"]):
        if name not in contents:
            raise InvalidInput(f"{file}: has no {name}, which every claim has")
    told = read_json(_text(contents[CELLS], f"{file}: {CELLS}"), f"{file}: {CELLS}")
    tables = {name: _text(contents[name], f"{file}: {name}") for name in TABLES.values() if name in contents}
    study = manifest.get("study")
    return Claim(study if isinstance(study, str) else "without a name", tables, _cells(told, f"{file}: {CELLS}"))


def _contents(file: Path) -> dict[str, bytes]:
    if not file.is_file():
        raise InvalidInput(f"{file}: no such file")
    if file.stat().st_size > MOST_BYTES:
        raise InvalidInput(f"{file}: has {file.stat().st_size} bytes; must be ≤ {MOST_BYTES}")
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            faults = [f"{file}: {fault}" for fault in _unsafe(members)]
            if faults:
                raise InvalidInput(*faults[:10])
            return {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{file}: no sound zip file ({next(iter(str(error).splitlines()), '')})") from error


def _unsafe(members: list[zipfile.ZipInfo]) -> Iterator[str]:
    """What no claim has, said by the list of the files before any is read."""
    if len(members) > MOST_FILES:
        yield f"has {len(members)} files; must be ≤ {MOST_FILES}"
        return
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES:
        yield f"says it unpacks to {total} bytes; must be ≤ {MOST_BYTES}"
    names = [member.filename for member in members]
    for member, name in zip(members, names, strict=True):
        if not NAME.fullmatch(name) or ".." in name:
            yield f"{name!r}: no name of a file inside"
        elif names.count(name) > 1:
            yield f"{name}: is there twice"
        elif stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1 or member.compress_type not in METHODS:
            yield f"{name}: must be a plain file, stored or deflated, without a password"


def _unlike(listed: Any, contents: Mapping[str, bytes]) -> Iterator[str]:
    """The files that are not those of the manifest."""
    if not isinstance(listed, dict) or not all(isinstance(known, dict) for known in listed.values()):
        yield f"{MANIFEST}: files must be a mapping of mappings"
        return
    for name in sorted({*listed, *contents}):
        if name not in contents:
            yield f"{name}: is in {MANIFEST} and not there"
        elif name not in listed:
            yield f"{name}: is not in {MANIFEST}"
        elif hashlib.sha256(contents[name]).hexdigest() != listed[name].get("sha256"):
            yield f"{name}: its SHA-256 is not the one in {MANIFEST}"


def _cells(told: Mapping[str, Any], where: str) -> list[ClaimedCell]:
    environments, cells = told.get("environments"), told.get("cells")
    if not isinstance(environments, list) or not all(map(_is_tags, environments)):
        raise InvalidInput(f"{where}: environments must be a list of mappings of texts")
    if not isinstance(cells, list) or not 0 < len(cells) <= MOST_CELLS:
        raise InvalidInput(f"{where}: cells must be a list of 1 to {MOST_CELLS}")
    found = []
    for number, cell in enumerate(cells):
        place = f"{where}: cells[{number}]"
        fields = checked_mapping(cell, place)
        wrong = [name for name, kind in FIELDS.items() if type(fields.get(name)) is not kind]
        environment = fields.get("environment")
        tags = None
        if isinstance(environment, int) and 0 <= environment < len(environments):
            tags = environments[environment]
        if wrong or (tags is None) != (environment is None) or fields["table"] not in TABLES.values():
            raise InvalidInput(f"{place}: {', '.join(wrong) or 'table or environment'} is not what it must be")
        found.append(ClaimedCell(**{name: fields[name] for name in FIELDS}, environment=tags))
    return found


def _is_tags(node: Any) -> bool:
    return isinstance(node, dict) and all(isinstance(text, str) for pair in node.items() for text in pair)


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: is no text in UTF-8") from error
