"""The key of a stage: one hash over everything that its result depends on.

Configuration, upstream keys, dataset digest, seed, threads and precision come from the caller; the code's part is a
hash of the code that the stage can reach (`code_hash`) and the versions of libraries, never a number that somebody
has to raise. Comments, docstrings and layout are no part of the code: a sentence that is mended recomputes nothing.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import json
import math
import re
from collections.abc import Iterator, Mapping
from types import NoneType

from synthmix.stages.import_closure import modules_behind, syntax_tree

# What a syntax tree says twice (ctx: where a name stands), or of the spelling alone (kind: u"text" or "text").
IGNORED_FIELDS = {"ctx", "kind", "type_comment"}


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
    """SHA-256 over the code of modules, given by full name, and of all own modules behind them (`modules_behind`).

    Nothing of them is run. Cached, because a process goes on with the code that it started with.

    Raises:
        ModuleNotFoundError: there is no module of that name, or it has no source file.
        SyntaxError: one of the modules is not Python of this version.
    """
    return source_hash(*modules_behind(*modules))


def source_hash(*modules: str) -> str:
    """SHA-256 over the code of these modules alone: for one that computes, and also logs or draws."""
    return hashlib.sha256("".join(f"{module} {_digest(module)}\n" for module in modules).encode()).hexdigest()


@functools.cache
def _digest(module: str) -> str:
    return hashlib.sha256("\n".join(_code(syntax_tree(module))).encode()).hexdigest()


def _code(tree: ast.AST) -> Iterator[str]:
    """A syntax tree in prefix notation, without positions and without texts that stand as statements of their own.

    `ast.dump` and `ast.unparse` print one tree in different ways in Python 3.11, 3.12 and 3.13. Fields that are empty
    are left out here, because each version adds some. A loop, because a long chain of `elif` is a deep tree.
    """
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.AST):
            fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
            said = [name for name in fields if name not in IGNORED_FIELDS]
            yield f"{type(node).__name__}({','.join(said)})"
            waiting += [fields[name] for name in said]
        elif isinstance(node, list):
            items = [item for item in node if not _is_lone_text(item)]
            yield f"[{len(items)}]"
            waiting += items
        else:
            yield ascii(node)


def _is_lone_text(node: object) -> bool:
    """Whether it is a docstring, or another text that nothing is done with."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


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
