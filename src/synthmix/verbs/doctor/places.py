"""What `synthmix doctor` says of the places that a run reads and writes: store, tracking, data."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from synthmix.data.sources.files.presence import KNOWN_SETS, damaged
from synthmix.data.sources.files.retrieval import KnownFile, all_present, data_folder
from synthmix.errors import InvalidInput
from synthmix.secrets import without_password
from synthmix.tracking.health import state_of
from synthmix.tracking.uri import resolve_uri
from synthmix.verbs.doctor.finding import Finding
from synthmix.verbs.store import readable_size


def store(folder: Path) -> Finding:
    """Whether stages can be written, what is stored, and how much the disk takes yet. Nothing of it is left behind."""
    folder = folder.absolute()
    above = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=above) as probe:
            probe.write(b"synthmix doctor")
            probe.flush()
    except OSError as error:
        return Finding("store", "fails", f"{folder}: cannot be written ({error.strerror or error})")
    free = f"{readable_size(shutil.disk_usage(above).free)} free"
    if above != folder:
        return Finding("store", "ok", f"{folder}: not there yet, the first run makes it; {free}")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Finding("store", "ok", f"{folder}: can be written; {readable_size(size)}, {free}")


def tracking() -> Finding:
    """Whether the MLflow store that runs are logged to answers, with a schema that this MLflow reads."""
    try:
        uri = resolve_uri(None)
        return Finding("tracking", "ok", f"{without_password(uri)}: {state_of(uri)}")
    except InvalidInput as error:
        return Finding("tracking", "fails", "; ".join(error.faults))


def data(root: str | None) -> Iterator[Finding]:
    """Every known set: where it lies, or what of it is missing where it is looked for."""
    yield Finding("data", "ok", "digits, toy: in the package")
    for name, forms in KNOWN_SETS.items():
        yield _known_set(name, forms, data_folder(root, name))


def _known_set(name: str, forms: Sequence[Sequence[KnownFile]], folder: Path) -> Finding:
    found = [form for form in forms if all_present(form, folder)]
    if not found:
        lacking = [file for file in forms[0] if not (folder / file.name).is_file()]
        fetched = "the first run downloads what its mirrors have" if all(file.mirrors for file in lacking) else ""
        names = ", ".join(file.name for file in lacking)
        return Finding(f"data={name}", "missing", f"not in {folder}: {names}; {fetched}".rstrip("; "))
    wrong = damaged(found[0], folder)
    if wrong:
        return Finding(f"data={name}", "fails", f"{folder}: {', '.join(wrong)}: not the official bytes; remove it")
    return Finding(f"data={name}", "ok", f"{folder}: {len(found[0])} file{'s' if len(found[0]) > 1 else ''}")
