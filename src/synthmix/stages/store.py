"""Stages computed once: each result under the hash of everything that it depends on.

    <root>/<stage>/<key[:2]>/<key>/payload.pt       what the stage computed
                                   manifest.json    what it depends on, when and by which run it was made
    <root>/<stage>/<key[:2]>/<key>.lock             held by the one process that computes or removes it
    <root>/<stage>/<key[:2]>/<key>.partial/         being written; rubbish once its process is gone
    <root>/<stage>/<key[:2]>/<key>.attempts         begun and not ended, or killed before: see attempts.py
    <root>/journal.jsonl                            a line for each computation that was finished

An entry appears by one rename, so a folder that exists is whole; what happened to it later shows in its checksum.
The module is light: torch is imported only to write or load a payload.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import pickle
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from synthmix.errors import InvalidInput
from synthmix.stages.attempts import Beginnings
from synthmix.stages.key import key_of
from synthmix.weights import NoWeightsError, read_weights, write_weights

PAYLOAD = "payload.pt"
MANIFEST = "manifest.json"
JOURNAL = "journal.jsonl"

logger = logging.getLogger("synthmix.stages.store")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is known of a stored stage without loading it.

    Attributes:
        stage: its name, `generator` for instance.
        key: `key_of(stage, depends_on)`.
        depends_on: everything that the result depends on.
        created: UTC time, ISO 8601.
        seconds: wall time of the computation.
        bytes: size of the payload file.
        sha256: checksum of the payload file.
        producer: id of the run that computed it, None where there was none.
    """

    stage: str
    key: str
    depends_on: dict[str, Any]
    created: str
    seconds: float
    bytes: int
    sha256: str
    producer: str | None


@dataclass(frozen=True)
class Entry:
    """The result of a stage; `reused` says that it was stored already."""

    manifest: Manifest
    payload: dict[str, Any]
    reused: bool

    @property
    def producer(self) -> str | None:
        """Id of the run that computed it, None where there was none."""
        return self.manifest.producer


class DamagedEntryError(Exception):
    """A stored stage that cannot be trusted, and why."""


DAMAGE = (DamagedEntryError, FileNotFoundError)


class Store:
    """The stages under one folder, which any number of processes may share."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._beginnings = Beginnings()

    def get_or_compute(
        self,
        stage: str,
        depends_on: Mapping[str, object],
        compute: Callable[[], dict[str, Any]],
        producer: Callable[[], str | None] = lambda: None,
    ) -> Entry:
        """The stored result, or that of `compute`, which one process runs while others that ask for it wait.

        A damaged entry is computed again, with a warning. Fresh or reused, the payload is what the file holds, its
        tensors on the CPU, so that the first reader sees what later ones will see.

        Args:
            stage: lower_snake_case.
            depends_on: plain JSON values, see `key_of`.
            compute: returns tensors and plain values, nested at will. Clone a slice of a large tensor first: the
                file holds the whole storage behind it.
            producer: gives the id of the run that has computed, asked for once it has.

        Raises:
            TypeError: `depends_on` or the payload holds anything else; nothing is stored.
            KilledAgain: three processes were killed while they computed it.
        """
        folder = self._folder(stage, key_of(stage, depends_on))
        if folder.exists():  # without the lock: readers need not queue, and a read-only store serves
            with contextlib.suppress(*DAMAGE):  # perhaps it is being mended: look again under the lock
                return _read(folder)
        with lock_of(folder):
            if folder.exists():
                try:
                    return _read(folder)
                except DAMAGE as damage:
                    logger.warning("stage %s is computed again, %s is damaged: %s", stage, folder, damage)
            with self._beginnings.begun(folder, self.root):
                start = time.perf_counter()
                payload = compute()
                seconds = round(time.perf_counter() - start, 3)
                entry = _write(folder, payload, depends_on=dict(depends_on), seconds=seconds, producer=producer())
            self._note(entry.manifest)
            return entry

    def find(self, stage: str, key: str) -> Entry | None:
        """The stored result; None, with a warning, where it is damaged, and where there is none."""
        folder = self._folder(stage, key)
        try:
            return _read(folder) if folder.exists() else None
        except DAMAGE as damage:
            logger.warning("stage %s will be computed again, %s is damaged: %s", stage, folder, damage)
            return None

    def has(self, stage: str, key: str) -> bool:
        """Whether there is an entry, without reading it."""
        return self._folder(stage, key).exists()

    def entries(self, stage: str = "*") -> Iterator[Manifest]:
        """The manifests of all entries, or those of a stage, by stage and key; `verify` tells what cannot be read."""
        for folder in self.folders(stage):
            with contextlib.suppress(*DAMAGE):
                yield _manifest(folder)

    def verify(self) -> Iterator[tuple[Path, str]]:
        """Reads every byte; yields the folder of each damaged entry, and what is wrong with it."""
        for folder in self.folders():
            try:
                _verified(folder)
            except DAMAGE as damage:
                yield folder, str(damage)

    def remove(self, stage: str, key: str) -> None:
        """Removes an entry, once nobody computes it; no error where there is none."""
        folder = self._folder(stage, key)
        with lock_of(folder):
            _discard(folder)

    def remove_unfinished(self) -> int:
        """Removes what killed processes left half written; returns how many entries that were."""
        partials = sorted(self.root.glob("*/??/*.partial"))
        for partial in partials:
            with lock_of(partial.with_suffix("")):  # its writer, if alive, holds this lock until it has its final name
                shutil.rmtree(partial, ignore_errors=True)
        return len(partials)

    def _note(self, manifest: Manifest) -> None:
        """Adds to the journal, which shows whether anything was computed twice; one small write, so no lock."""
        line = {name: getattr(manifest, name) for name in ("stage", "key", "created", "seconds", "producer")}
        with (self.root / JOURNAL).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def _folder(self, stage: str, key: str) -> Path:
        if not re.fullmatch("[0-9a-f]{64}", key) or not re.fullmatch(r"\w+", stage):  # of a stranger's record
            raise InvalidInput(f"{self.root}: {stage} {key} is no key of a stage; must be 64 hexadecimal digits")
        return self.root / stage / key[:2] / key

    def folders(self, stage: str = "*") -> Iterator[Path]:
        """The folders of all entries, or those of a stage, sound or not."""
        yield from (path for path in sorted(self.root.glob(f"{stage}/??/*")) if re.fullmatch("[0-9a-f]{64}", path.name))


def lock_of(folder: Path) -> FileLock:
    """The lock of an entry, which is held by who computes or removes it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(folder.with_suffix(".lock"))


def _discard(folder: Path) -> None:
    """Takes an entry away in one step, then apart, so that no reader meets half of it."""
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    if folder.exists():
        folder.rename(partial)
        shutil.rmtree(partial)


def _write(
    folder: Path, payload: dict[str, Any], *, depends_on: dict[str, Any], seconds: float, producer: str | None
) -> Entry:
    """Puts an entry in the place of whatever stands there."""
    _discard(folder)
    stage, partial = folder.parent.parent.name, folder.with_suffix(".partial")
    file = partial / PAYLOAD
    partial.mkdir()
    try:
        write_weights(payload, file)
        entry = Entry(
            Manifest(
                stage=stage,
                key=folder.name,
                depends_on=depends_on,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                seconds=seconds,
                bytes=file.stat().st_size,
                sha256=_checksum(file),
                producer=producer,
            ),
            _load(file),
            reused=False,
        )
        text = json.dumps(asdict(entry.manifest), indent=2, ensure_ascii=False)
        (partial / MANIFEST).write_text(text + "\n", encoding="utf-8")
        partial.rename(folder)
    except pickle.PickleError as error:
        raise TypeError(f"stage {stage}: the payload must hold tensors and plain values only") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return entry


def _read(folder: Path) -> Entry:
    manifest = _verified(folder)
    try:
        return Entry(manifest, _load(folder / PAYLOAD), reused=True)
    except (NoWeightsError, pickle.UnpicklingError) as error:  # a checksum tells damage, and forgery it does not
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DamagedEntryError(f"{PAYLOAD} holds no weights and plain values alone ({reason})") from error


def _verified(folder: Path) -> Manifest:
    manifest = _manifest(folder)
    if (folder / PAYLOAD).stat().st_size != manifest.bytes:
        raise DamagedEntryError(f"the size of {PAYLOAD} is not the one in {MANIFEST}")
    if _checksum(folder / PAYLOAD) != manifest.sha256:
        raise DamagedEntryError(f"the SHA-256 of {PAYLOAD} is not the one in {MANIFEST}")
    return manifest


def _manifest(folder: Path) -> Manifest:
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
        key = key_of(manifest.stage, manifest.depends_on)
    except (ValueError, TypeError) as error:
        raise DamagedEntryError(f"{MANIFEST}: {error}") from error
    if (manifest.stage, manifest.key, key) != (folder.parent.parent.name, folder.name, folder.name):
        raise DamagedEntryError(f"{MANIFEST} is not that of this entry")
    return manifest


def _checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _load(file: Path) -> dict[str, Any]:
    payload: dict[str, Any] = read_weights(file)
    return payload
