"""What the fields of a config can be: types with ranges, and one readable line for a value that does not fit.

Light (no torch, scikit-learn, mlflow), so that `synthmix validate` answers at once.
"""

from __future__ import annotations

import dataclasses
import difflib
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from synthmix.config.cross_checks import Cell


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; `above` and `below` leave out the end itself."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def admits(self, value: float) -> bool:
        """Whether `value` is in the range."""
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        parts = [("≥", self.low), (">", self.above), ("≤", self.high), ("<", self.below)]
        return "must be " + " and ".join(f"{sign} {shown(bound)}" for sign, bound in parts if bound is not None)


Count = Annotated[int, Range(low=1)]
NonNegativeInt = Annotated[int, Range(low=0)]
Positive = Annotated[float, Range(above=0)]
NonNegative = Annotated[float, Range(low=0)]
Fraction = Annotated[float, Range(low=0, high=1)]
Decay = Annotated[float, Range(low=0, below=1)]
Share = Annotated[float, Range(above=0, below=1)]


@dataclass(kw_only=True, frozen=True)
class Member:
    """What every member of a config group has.

    Attributes:
        _target_: the class or function to build.
        name: for people; the component is not given it.
        arguments: what a class or function that has no config of its own is given, by name.
        methods: what the cell calls on the component.
        of_the_cell: fields that the cell reads, and that the component is not given.
        from_the_cell: what the cell gives the component beside its keys, by name.
        uses: full names of classes of optional packages that the component imports itself; what it computes depends on
            their versions.
    """

    _target_: str
    name: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    methods: ClassVar[tuple[str, ...]] = ()
    of_the_cell: ClassVar[tuple[str, ...]] = ("name",)
    from_the_cell: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()

    def faults(self, cell: Cell) -> Iterator[str]:
        """Yields one line for each way in which this member does not fit the rest of the cell."""
        yield from ()


def target_of(kind: type[Member]) -> str | None:
    """What a config class is for; None for what several of them have in common."""
    return getattr(kind, "_target_", None)


@cache
def type_hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, ranges included."""
    # Kept, because evaluating them anew costs more than the rest of a check.
    return typing.get_type_hints(kind, include_extras=True)


def unknown_key(where: str, value: object, names: list[str], name: str | None = None) -> str:
    """The line for a key that a node does not have, with the nearest one that it has.

    Args:
        where: the dotted key.
        value: that it was given.
        names: of the node's keys.
        name: what the node lacks; None is the last part of the key.
    """
    public = sorted(name for name in names if not name.startswith("_"))
    near = difflib.get_close_matches(name or where.rpartition(".")[2], public, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{where}={shown(value)}: unknown key; {hint}allowed: {', '.join(public)}"


def value_fault(hint: Any, value: Any) -> str | None:
    """What is wrong with `value` where `hint` is asked for; None where nothing is."""
    if get_origin(hint) is Annotated:
        base, *limits = get_args(hint)
        fault = value_fault(base, value)
        if fault is None and value is not None:
            fault = next((str(limit) for limit in limits if not limit.admits(value)), None)
        return fault
    if get_origin(hint) in (typing.Union, types.UnionType):
        choices = list(_choices(hint))
        if choices:
            return None if value in choices else f"allowed: {', '.join(map(shown, choices))}"
        faults = [value_fault(option, value) for option in get_args(hint)]
        return None if None in faults else " or ".join(dict.fromkeys(fault for fault in faults if fault))
    if get_origin(hint) is Literal:
        allowed = ", ".join(map(str, get_args(hint)))
        return None if value in get_args(hint) else f"allowed: {allowed}"
    if get_origin(hint) is dict:
        return None if isinstance(value, Mapping) else "must be a group of keys"
    if get_origin(hint) is list:
        return _list_fault(get_args(hint)[0], value)
    return _plain_fault(hint, value)


def _choices(hint: Any) -> Iterator[Any]:
    """The values of a union of literals, null last; nothing where it has another member."""
    options = get_args(hint)
    if all(get_origin(option) is Literal or option is type(None) for option in options):
        for option in options:
            yield from get_args(option)
        if type(None) in options:
            yield None


def _list_fault(item: Any, value: Any) -> str | None:
    if not isinstance(value, list):
        return "must be a list"
    faults = [fault for fault in (value_fault(item, element) for element in value) if fault]
    return f"each element {faults[0]}" if faults else None


def _plain_fault(hint: Any, value: Any) -> str | None:
    if hint is Any:
        return None
    if hint is type(None):
        return None if value is None else "null"
    if dataclasses.is_dataclass(hint):
        return "must be a group of keys"
    allowed = {float: (int, float)}.get(hint, (hint,))
    matches = isinstance(value, allowed) and (hint is bool or not isinstance(value, bool))
    if not matches:
        names = {int: "an integer", float: "a number", str: "a text", bool: "true or false", dict: "a mapping"}
        return f"must be {names.get(hint, hint)}"
    return None if hint is not float or abs(value) <= sys.float_info.max else "must be a finite number"


def shown(value: object) -> str:
    """The value as a user would type it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, list) else str(value)
