"""The key of a stage: one hash over everything that its result depends on.

Configuration, upstream keys, dataset digest, seed, threads and precision come from the caller; the code's part is a
hash of the source that the stage can reach (`code_hash`) and the versions of libraries, never a number that somebody
has to raise.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import math
import re
from collections.abc import Mapping
from types import NoneType

from synthmix.stages.import_closure import modules_behind, source_bytes


def key_of(stage: str, depends_on: Mapping[str, object]) -> str:
    """SHA-256 of the stage's name and of everything that it depends on, 64 hexadecimal digits.

    The order of keys makes no difference, everything else does: 1, 1.0 and true are three values. Nothing is
    converted, because objects that merely print alike would share a key.

    Raises:
        ValueError: `stage` is not lower_snake_case, or a number is not finite.
        TypeError: a value is neither dict with text keys, list, str, int, float, bool nor None.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", stage):
        raise ValueError(f"stage={stage!r}: must be lower_snake_case")
    content = {"stage": stage, "depends_on": dict(depends_on)}
    _check_plain(content["depends_on"], stage)
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@functools.cache
def code_hash(*modules: str) -> str:
    """SHA-256 over the source of modules, given by full name, and of all own modules behind them (`modules_behind`).

    Nothing of them is run. Cached, because a process goes on with the code that it started with.

    Raises:
        ModuleNotFoundError: there is no module of that name, or it has no source file.
    """
    return source_hash(*modules_behind(*modules))


@functools.cache
def source_hash(*modules: str) -> str:
    """SHA-256 over the source of these modules alone: for one that computes, and also logs or draws."""
    sha = hashlib.sha256()
    for module in modules:
        source = source_bytes(module)
        sha.update(f"{module} {len(source)}\n".encode() + source)
    return sha.hexdigest()


def library_versions(*distributions: str) -> dict[str, str]:
    """The installed version of each distribution; PackageNotFoundError where one is not installed."""
    return {name: _version(name) for name in distributions}


@functools.cache
def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution)  # which reads a file, and parses all of it


def _check_plain(value: object, where: str) -> None:
    if type(value) is dict:
        for name, item in value.items():
            if type(name) is not str:
                raise TypeError(f"{where}: the key {name!r} must be a text, not {type(name).__name__}")
            _check_plain(item, f"{where}.{name}")
    elif type(value) is list:
        for position, item in enumerate(value):
            _check_plain(item, f"{where}[{position}]")
    elif type(value) is float and not math.isfinite(value):
        raise ValueError(f"{where}={value}: must be finite")
    elif type(value) not in {str, int, float, bool, NoneType}:
        raise TypeError(f"{where}={value!r}: {type(value).__name__} is no plain JSON value")
