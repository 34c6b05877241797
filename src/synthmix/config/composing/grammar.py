"""Overrides as Hydra's grammar reads them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from synthmix.errors import InvalidInput

# Of one override: the parser's time grows faster than these, and a command is not the place for more.
MAX_VALUES = 1000
MAX_LENGTH = 100_000
SEPARATORS = ",:([{"


def parse(overrides: Sequence[str]) -> list[Override]:
    """Reads overrides, each by itself.

    Raises:
        InvalidInput: one line for each that cannot be read.
    """
    parsed: list[Override] = []
    unread: list[str] = []
    too_long: list[str] = []
    for text in overrides:
        if sum(map(text.count, SEPARATORS)) > MAX_VALUES or len(text) > MAX_LENGTH:
            too_long.append(text)
            continue
        try:
            parsed += _parsed(text)
        except (HydraException, ValueError, RecursionError):  # the last two of numbers and brackets without an end
            unread.append(text)
    unread += [str(override.input_line) for override in parsed if not override.key_or_group]
    faults = [f"{text}: must be KEY=VALUE, with quotes around special characters" for text in unread]
    faults += [
        f"{text.partition('=')[0]}: must have at most {MAX_VALUES} values on the command line" for text in too_long
    ]
    if faults:
        raise InvalidInput(*faults)
    return parsed


@cache
def _parsed(text: str) -> list[Override]:
    """Read once: the cells of a sweep have the same few in other combinations."""
    overrides: list[Override] = OverridesParser.create().parse_overrides([text])
    return overrides
