"""A study's claim as one file: what was asked, what is said to have come out, and what it takes to try it; no data.

manifest.json        name of the study, and size and SHA-256 of every other file
cells.json           of each cell its table, config, number of points, digest of the data, key and environment
cells.csv, …         the tables of the report that have a row for each cell
requirements.lock    the distributions of the environment in which the study was asked for last
report/              the page, its tables and figures
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from synthmix import __version__
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import publish
from synthmix.secrets import masked
from synthmix.study.asked import Asked
from synthmix.study.record import Record

FORMAT = 1
MANIFEST, CELLS, LOCK = "manifest.json", "cells.json", "requirements.lock"
TABLES = {"sweep": "cells.csv", "configured": "configured_cells.csv", "curve": "curve_cells.csv"}
NOT_IN_IT = ("runs.csv", "cells.parquet")  # ids of runs elsewhere, and a table once more
HERE = ("tracking", "paths", "study", "hydra")  # parts of a config that only say where a cell runs
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file, so that equal claims are equal files


def write_claim(record: Record, resources: Resources, file: Path) -> Mapping[str, bytes]:
    """Writes the claim of a study; returns its files.

    Args:
        record: of the study.
        resources: its store; nothing is logged.
        file: where to, written whole or not at all.
    """
    files = _files(record, resources)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
        os.replace(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    return files


def _files(record: Record, resources: Resources) -> dict[str, bytes]:
    with TemporaryDirectory(prefix="synthmix-export-") as place:
        folder = Path(place)
        publish(record, resources, {}, folder, None)
        written = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}
    tables = {name: content for name, content in written.items() if name in TABLES.values()}
    report = {f"report/{name}": content for name, content in written.items() if name not in (*tables, *NOT_IN_IT)}
    lock = resources.environment_of({"environment_text": record.environment_text})
    files = {CELLS: _json(_cells(record, resources)), LOCK: masked(lock).encode(), **tables, **report}
    manifest = {
        "format": FORMAT,
        "synthmix": __version__,
        "study": record.name,
        "commands": record.commands,
        "data": record.data,
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
    }
    return {MANIFEST: _json(manifest), **files}


def _cells(record: Record, resources: Resources) -> dict[str, Any]:
    """The cells, and the environments in which they were computed, each once."""
    environments: list[Mapping[str, str]] = []
    cells = []
    for combination, asked in record.all_cells.items():
        entry = resources.store.find("cell", asked.key)
        found = None
        if entry is not None:
            tags = {name: masked(text) for name, text in entry.payload["environment"].items() if name != "user"}
            found = environments.index(tags) if tags in environments else len(environments)
            environments += [tags] if found == len(environments) else []
        cells.append(
            {
                "table": TABLES[record.part_of(combination)],
                "config": _config(asked),
                "n_train": asked.n_train,
                "digest": asked.digest,
                "key": asked.key,
                "environment": found,
            }
        )
    return {"environments": environments, "cells": cells}


def _config(asked: Asked) -> dict[str, Any]:
    """The config of a cell without what only says where it ran."""
    config = {key: value for key, value in asked.whole_config.items() if key not in HERE}
    return config | {"data": {key: None if key == "root" else value for key, value in config["data"].items()}}


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
