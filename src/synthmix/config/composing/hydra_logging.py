"""What `hydra.job_logging` and `hydra.hydra_logging` may say: handlers of the standard library that write lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from synthmix.config.schema import shown

HANDLERS = (
    "logging.FileHandler",
    "logging.NullHandler",
    "logging.StreamHandler",
    "logging.handlers.RotatingFileHandler",
    "logging.handlers.TimedRotatingFileHandler",
    "logging.handlers.WatchedFileHandler",
)
FORMATTERS = ("colorlog.ColoredFormatter", "logging.Formatter")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
CLASSES = {"handlers": HANDLERS, "formatters": FORMATTERS, "filters": ("logging.Filter",)}


def logging_faults(key: str, node: Any) -> Iterator[str]:
    """One line for each thing that `logging.config` would import, call or write to and that is none of these.

    Args:
        key: of the node.
        node: for `logging.config.dictConfig`, plain and resolved.
    """
    if node is None:
        return
    if not isinstance(node, Mapping):
        yield f"{key}={shown(node)}: must be a group of keys"
        return
    for part, allowed in CLASSES.items():
        entries = node.get(part) or {}
        if not isinstance(entries, Mapping):
            yield f"{key}.{part}={shown(entries)}: must be a group of keys"
            continue
        for name, entry in entries.items():
            yield from _entry_faults(f"{key}.{part}.{name}", entry, allowed)
    yield from _references(key, node)


def _entry_faults(key: str, entry: Any, allowed: tuple[str, ...]) -> Iterator[str]:
    """A handler, a formatter or a filter."""
    if not isinstance(entry, Mapping):
        yield f"{key}={shown(entry)}: must be a group of keys"
        return
    for factory in ("()", "class"):
        if factory in entry and entry[factory] not in allowed:
            yield f"{key}.{factory}={shown(entry[factory])}: allowed: {', '.join(allowed)}"
    if "." in entry:
        yield f"{key}..={shown(entry['.'])}: no attributes may be set"
    filename = entry.get("filename")
    if filename is not None and not is_inside(filename):
        yield f"{key}.filename={shown(filename)}: must lie in the working folder"


def _references(key: str, node: Any) -> Iterator[str]:
    """Texts that `logging.config` takes for a name to import, or for another part of the config."""
    children = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, value in children:
        yield from _references(f"{key}.{name}", value)
    if isinstance(node, str) and node.startswith(("ext://", "cfg://")) and node not in STREAMS:
        yield f"{key}={node}: allowed: {', '.join(STREAMS)}"


def is_inside(path: Any) -> bool:
    """Whether a path stays in the working folder, wherever that is."""
    return isinstance(path, str) and not path.startswith(("/", "~")) and ".." not in PurePath(path).parts
