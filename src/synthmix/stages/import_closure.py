"""The modules behind a module: everything of one's own code that it can reach, read from import statements.

No module is run. Own code is synthmix, the top-level packages that are asked about, and whatever lies neither in
Python's own library nor in site-packages; the rest is known by its version. grimp finds the same for synthmix (a test
compares), but reads no module that is a single file, and passes over folders of a package that have no ``__init__``:
a change of a user's code there would go unnoticed.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """What an import statement binds: the name `bound` stands for `wanted`, a module or what a module defines."""

    bound: str
    wanted: str


def modules_behind(*modules: str) -> tuple[str, ...]:
    """The modules, and all own modules that they import, directly or not, sorted.

    Every import statement counts: those inside functions, and those for the type checker alone, because a module
    calls the objects whose types it names. The packages above a module count too, as they run when it is imported.
    The exception is a facade, an ``__init__`` with a module-level ``__getattr__``, which names more than it loads: it
    counts only where it is itself imported, and of ``from facade import name`` only the statement that binds the name.

    Raises:
        ModuleNotFoundError: one of `modules` is not there, or has no source file.
    """
    for module in modules:
        if source_file(module) is None:
            raise ModuleNotFoundError(f"{module}: no module of that name with a source file", name=module)
    own = {"synthmix", *map(_top, modules)}
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += [name for name in _needed(module, own) if source_file(name) is not None]
    return tuple(sorted(found))


@cache
def syntax_tree(module: str) -> ast.Module:
    """A module's source, as it was when this process first looked."""
    file = source_file(module)
    assert file is not None
    return ast.parse(file.read_bytes(), str(file))


@cache
def source_file(module: str) -> Path | None:
    """Where a module's source lies; None where there is no such module, or no Python source of it."""
    parent, _, name = module.rpartition(".")
    if not parent:
        spec = importlib.util.find_spec(module)  # runs nothing, as no package stands above it
        return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None
    places = (path for folder in _folders(parent) for path in (folder / name / "__init__.py", folder / f"{name}.py"))
    return next((path for path in places if path.is_file()), None)


@cache
def _folders(package: str) -> tuple[Path, ...]:
    """Where the modules of a package lie: in several folders if it is a namespace, in none if it is no package."""
    parent, _, name = package.rpartition(".")
    if parent:
        return tuple(folder / name for folder in _folders(parent) if (folder / name).is_dir())
    spec = importlib.util.find_spec(package)
    return tuple(map(Path, spec.submodule_search_locations or ())) if spec is not None else ()


def is_own(module: str) -> bool:
    """Whether a module is synthmix's or the user's own code, and not installed from elsewhere."""
    return _top(module) == "synthmix" or not _is_installed(_top(module))


def _top(module: str) -> str:
    return module.partition(".")[0]


@cache
def _is_installed(top: str) -> bool:
    """Whether it came with Python or with a distribution, or is not there at all."""
    if top in sys.stdlib_module_names:
        return True
    spec = importlib.util.find_spec(top)
    places = [] if spec is None else [spec.origin or "", *(spec.submodule_search_locations or ())]
    return not places or any({"site-packages", "dist-packages"} & set(Path(place).parts) for place in places)


def _needed(module: str, own: set[str]) -> Iterator[str]:
    """The own modules that a module's import, or a call of its functions, can run; some may have no source."""
    names = module.split(".")
    above = (".".join(names[:depth]) for depth in range(1, len(names)))
    yield from (package for package in above if not _is_facade(package))
    for _, wanted in _imports(module):
        if _top(wanted) in own or not _is_installed(_top(wanted)):
            yield _home(wanted)


def _home(wanted: str) -> str:
    """The module that an import statement is about: the one that it names, or the one that a name comes from."""
    package, _, name = wanted.rpartition(".")
    if not package or source_file(wanted) is not None:
        return wanted
    if _is_facade(package):
        behind = (inner for bound, inner in _imports(package) if bound == name and inner != wanted)
        return next(map(_home, behind), package)
    return package


@cache
def _is_facade(package: str) -> bool:
    file = source_file(package)
    if file is None or file.name != "__init__.py":
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in syntax_tree(package).body)


@cache
def _imports(module: str) -> tuple[Import, ...]:
    """What a module imports, wherever the statement stands."""
    file = source_file(module)
    assert file is not None
    package = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
    found: list[Import] = []
    for node in ast.walk(syntax_tree(module)):
        if isinstance(node, ast.Import):
            found += [Import(alias.asname or alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level <= len(package):
            start = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*start, node.module] if node.module else start)
            found += [Import(alias.asname or alias.name, f"{source}.{alias.name}") for alias in node.names]
    return tuple(found)
