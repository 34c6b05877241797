"""A claim is a stranger's file: the answer is a line for each fault, and nothing lands on the disk."""

from __future__ import annotations

import hashlib
import json
import stat
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synthmix.errors import InvalidInput
from synthmix.recompute import claim_file
from synthmix.recompute.claim_file import read_claim

CELL = {"table": "cells.csv", "config": {}, "n_train": 1, "digest": "d", "key": "k", "environment": 0}
SOUND = {
    "cells.json": json.dumps({"environments": [{"version.torch": "1"}], "cells": [CELL]}).encode(),
    "cells.csv": b"seed,status\n0,finished\n",
}


def manifest(files: Mapping[str, bytes], **more: Any) -> bytes:
    listed = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    return json.dumps({"format": 1, "study": "s", "files": listed, **more}).encode()


def packed(files: Mapping[str, bytes], *extra: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    file = Path("claim.zip")
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name that is there twice
        for name, content in [*files.items(), *extra]:
            archive.writestr(name, content)
    return file


def with_manifest(files: Mapping[str, bytes], **more: Any) -> dict[str, bytes]:
    return {"manifest.json": manifest(files, **more), **files}


def faults_of(file: Path) -> tuple[str, ...]:
    before = sorted(Path.cwd().parent.rglob("*"))
    with pytest.raises(InvalidInput) as told:
        read_claim(file)
    assert sorted(Path.cwd().parent.rglob("*")) == before
    assert all(len(fault.splitlines()) == 1 for fault in told.value.faults)
    return tuple(told.value.faults)


def test_a_sound_claim_is_read() -> None:
    claim = read_claim(packed(with_manifest(SOUND)))
    assert (claim.study, claim.tables) == ("s", {"cells.csv": "seed,status\n0,finished\n"})
    assert claim.cells[0].environment == {"version.torch": "1"}


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "a\\b", ".hidden", "a//b", "a/", "é/../x", "a\nb"]
)
def test_a_name_that_leads_outside_is_refused(name: str) -> None:
    (fault,) = faults_of(packed(with_manifest(SOUND), (name, b"evil")))
    assert "no name of a file inside" in fault or "no sound zip file" in fault


def test_links_passwords_other_packings_and_names_that_are_there_twice_are_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "link: must be a plain file" in faults_of(packed(with_manifest(SOUND), (link, b"/etc/passwd")))[0]
    other = zipfile.ZipInfo("other")
    other.compress_type = zipfile.ZIP_LZMA
    file = Path("claim.zip")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(other, b"x" * 100)
    assert "other: must be a plain file" in faults_of(file)[0]
    twice = faults_of(packed(with_manifest(SOUND), ("cells.csv", b"seed,status\n0,failed\n")))
    assert set(twice) == {"claim.zip: cells.csv: is there twice"}


def test_what_unpacks_to_more_than_a_study_takes_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_file, "MOST_BYTES", 1_000_000)
    file = packed(with_manifest(SOUND), ("bomb.csv", bytes(5_000_000)))
    assert file.stat().st_size < 10_000
    assert faults_of(file)[0].startswith("claim.zip: says it unpacks to 50")


def test_a_file_that_holds_more_than_it_declares_gives_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory says 10 bytes of a bomb: the reader stops there, and the checksum does not fit."""
    file = packed(with_manifest(SOUND), ("bomb.csv", bytes(5_000_000)))
    content = file.read_bytes().replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    file.write_bytes(content)
    assert "no sound zip file" in faults_of(file)[0]


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_file, "MOST_FILES", 5)
    extra = [(f"file{number}", b"") for number in range(5)]
    assert faults_of(packed(with_manifest(SOUND), *extra)) == ("claim.zip: has 8 files; must be ≤ 5",)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all" * 100])
def test_what_is_no_zip_is_told(content: bytes) -> None:
    file = Path("claim.zip")
    file.write_bytes(content)
    assert "no sound zip file" in faults_of(file)[0]


def test_every_byte_that_is_flipped_is_found_or_changes_nothing() -> None:
    file = packed(with_manifest(SOUND))
    sound, claim = file.read_bytes(), read_claim(file)
    for place in range(0, len(sound), 7):
        file.write_bytes(sound[:place] + bytes([sound[place] ^ 4]) + sound[place + 1 :])
        try:
            found = read_claim(file)
        except InvalidInput:
            continue
        assert found == claim  # a date, or another byte that nobody reads


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (SOUND, "has no manifest.json"),
        ({"manifest.json": b"[1]", **SOUND}, "manifest.json: must be a mapping"),
        ({"manifest.json": b"[" * 100_000, **SOUND}, "manifest.json: cannot be read ("),
        ({"manifest.json": b"\xff", **SOUND}, "manifest.json: is no text in UTF-8"),
        (with_manifest(SOUND, format=2), "manifest.json: format=2: must be 1"),
        ({"manifest.json": b'{"format": 1, "files": [1]}', **SOUND}, "manifest.json: files must be a mapping"),
        (with_manifest(SOUND) | {"cells.csv": b"seed,status\n1,finished\n"}, "cells.csv: its SHA-256 is not the one"),
        (with_manifest(SOUND) | {"more.txt": b""}, "more.txt: is not in manifest.json"),
        ({"manifest.json": manifest(SOUND), "cells.json": SOUND["cells.json"]}, "cells.csv: is in manifest.json and"),
        (with_manifest({"cells.csv": b""}), "has no cells.json"),
        (with_manifest(SOUND | {"cells.json": b'{"environments": [1], "cells": []}'}), "cells.json: environments must"),
        (with_manifest(SOUND | {"cells.json": b'{"environments": [], "cells": []}'}), "cells.json: cells must be a"),
    ],
)
def test_a_fault_of_the_content_is_told(files: dict[str, bytes], fault: str) -> None:
    assert any(line.startswith(f"claim.zip: {fault}") for line in faults_of(packed(files)))


@pytest.mark.parametrize(
    "change",
    [
        {"table": "../cells.csv"},
        {"config": []},
        {"n_train": "1"},
        {"key": None},
        {"environment": 7},
        {"environment": "0"},
    ],
)
def test_a_cell_is_what_it_must_be(change: dict[str, Any]) -> None:
    cells = json.dumps({"environments": [{}], "cells": [CELL | change]}).encode()
    (fault,) = faults_of(packed(with_manifest(SOUND | {"cells.json": cells})))
    assert fault.startswith("claim.zip: cells.json: cells[0]: ")
