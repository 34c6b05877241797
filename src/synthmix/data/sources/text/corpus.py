"""Documents, read as they stand; what is no text is refused by its name.

Light: imports no torch, so that `synthmix validate` can read them before anything is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.files.remote import fetched, is_url
from synthmix.data.sources.table.formats.base import Reading
from synthmix.data.sources.table.formats.delimited.dialect import decoded
from synthmix.data.sources.text.column import column_texts
from synthmix.data.sources.text.places import in_folder, in_zip, is_zip_of_documents
from synthmix.errors import InvalidInput

Labels = Literal["auto", "folders", "none"]
SHOWN = 10  # faults of single documents
UTF_8 = ("utf-8", "utf-8-sig")


@dataclass(frozen=True, eq=False)
class Corpus:
    """Documents, in the sorted order of their names, or of the rows of a table. One is equal to itself alone.

    Attributes:
        names: of the documents: their paths, or the places of their rows.
        texts: none of them is blank.
        labels: int64, (N,), from 0 to K-1 in the sorted order of the classes; None where there are none.
        classes: names of the classes, (K,).
        notes: what was found and not said by the user.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def n_classes(self) -> int | None:
        """Number of differing labels."""
        return None if self.labels is None else len(self.classes)


def read_corpus(reading: Reading, text_column: str | None, labels: Labels) -> Corpus:
    """Reads all documents of a folder, of a zip, or of a column of a table.

    Raises:
        InvalidInput: nothing there, no document, one that is blank or no text, documents beside folders that are
            labels, or a key that this kind of source does not read.
    """
    path = fetched(reading.path, reading.max_bytes) if is_url(reading.path) else Path(reading.path).expanduser()
    if not path.exists():
        raise reading.refusal("no such file or folder")
    of_files = path.is_dir() or is_zip_of_documents(path, reading)
    _refuse_unread(reading, text_column, labels, of_files)
    if not of_files:
        return _from_table(path, path.stat().st_mtime_ns, reading, text_column or "")
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    return _from_files(path, states, reading, labels)


def _refuse_unread(reading: Reading, text_column: str | None, labels: Labels, of_files: bool) -> None:
    unread: Mapping[str, object] = (
        {"text_column": text_column, "label_column": reading.label_column} if of_files else {"labels": labels}
    )
    what, allowed = ("files", "null") if of_files else ("the rows of a table", "auto")
    faults = [
        f"data.{key}={value}: documents of data.path={reading.path} are {what}; must be {allowed}"
        for key, value in unread.items()
        if value not in (None, "auto")
    ]
    if faults:
        raise InvalidInput(*faults)


@lru_cache(maxsize=2)  # validate, each job of a sweep and the loader ask for the same documents
def _from_files(path: Path, _states: tuple[tuple[str, int, int], ...], reading: Reading, labels: Labels) -> Corpus:
    raw, left_out = in_folder(path, reading) if path.is_dir() else in_zip(path, reading)
    notes = [f"data.path={reading.path}: {name} is left out" for name in left_out]
    texts, encodings, faults = [], dict[str, list[str]](), list[str]()
    for name, content in raw:
        try:
            text, encoding = _text(name, content, reading)
        except InvalidInput as error:
            faults += error.faults
        else:
            texts.append(text)
            encodings.setdefault(encoding, []).append(name)
    if faults:
        raise InvalidInput(*faults[:SHOWN], *_more(reading, len(faults) - SHOWN))
    if reading.encoding is None:
        for encoding, its in encodings.items():
            if encoding not in UTF_8:
                notes.append(
                    f"data.encoding={encoding}: found in {len(its)} of {len(raw)} documents of "
                    f"data.path={reading.path}, such as {its[0]}"
                )
    names = tuple(name for name, _ in raw)
    codes, classes = _by_folder(reading, names, labels)
    return Corpus(names, tuple(texts), codes, classes, tuple(notes))


def _text(name: str, content: bytes, reading: Reading) -> tuple[str, str]:
    """A document and its encoding."""
    of_document = Reading(f"{reading.path}: {name}", encoding=reading.encoding)
    text, encoding = decoded(content, of_document)
    if "\x00" in text:
        raise of_document.refusal("holds bytes that no text has")
    if not text.strip():
        raise of_document.refusal("holds no text; leave it out")
    return text, encoding


def _by_folder(
    reading: Reading, names: Sequence[str], labels: Labels
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """The label of each document, and the names of the classes."""
    if labels == "none":
        return None, ()
    parts = [name.split("/") for name in names]
    outside = [name for name, its in zip(names, parts, strict=True) if len(its) == 1]
    if outside and (labels == "folders" or len(outside) < len(names)):
        raise InvalidInput(
            f"data.labels={labels}: {outside[0]} of data.path={reading.path} lies in no subfolder "
            f"({len(outside)} such documents); move it into one, or give none"
        )
    classes, codes = np.unique([its[0] for its in parts], return_inverse=True)
    if outside or (labels == "auto" and len(classes) == 1):
        return None, ()
    return np.asarray(codes, dtype=np.int64), tuple(map(str, classes))


@lru_cache(maxsize=2)
def _from_table(path: Path, _modified_ns: int, reading: Reading, text_column: str) -> Corpus:
    names, texts, labels, notes = column_texts(path, reading, text_column)
    if labels is None:
        return Corpus(names, texts, None, (), notes)
    classes, codes = np.unique(labels, return_inverse=True)
    return Corpus(names, texts, np.asarray(codes, dtype=np.int64), tuple(map(str, classes)), notes)


def _more(reading: Reading, n: int) -> Iterator[str]:
    if n > 0:
        yield f"data.path={reading.path}: {n} more such documents"
