"""Types and ranges of config nodes, over all kinds of values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synthmix.config.nodes import build, check_node
from synthmix.config.schema import (
    Count,
    Decay,
    Fraction,
    Member,
    NonNegative,
    NonNegativeInt,
    Positive,
    Range,
    unknown_key,
)

ANY_NUMBER = st.floats() | st.integers() | st.integers(10**400, 10**401)
ANYTHING = ANY_NUMBER | st.none() | st.booleans() | st.text() | st.lists(st.integers()) | st.just({"a": 1})


@dataclass(kw_only=True)
class Inner:
    depth: Count


@dataclass(kw_only=True)
class Node:
    count: Count
    share: Fraction
    eps: Positive | Literal["auto"]
    names: list[Literal["pca", "pixels"]] | None
    inner: Inner


VALID: dict[str, Any] = {"count": 1, "share": 0.5, "eps": "auto", "names": ["pca"], "inner": {"depth": 2}}


def faults(**changes: Any) -> list[str]:
    return check_node(Node, VALID | changes, "part")


def lines_of(hint: Any, value: object) -> list[str]:
    """What a node of one key of that type says to a value."""
    schema = dataclass(kw_only=True)(type("OneKey", (), {"__annotations__": {"key": hint}}))
    return check_node(schema, {"key": value}, "")


@pytest.mark.parametrize(
    ("hint", "admits"),
    [
        (Count, lambda value: value >= 1),
        (NonNegativeInt, lambda value: value >= 0),
        (Positive, lambda value: value > 0),
        (NonNegative, lambda value: value >= 0),
        (Fraction, lambda value: 0 <= value <= 1),
        (Decay, lambda value: 0 <= value < 1),
        (Annotated[int, Range(above=2, below=5)], lambda value: 2 < value < 5),
    ],
)
@given(value=ANYTHING)
@example(value=math.nan)
@example(value=math.inf)
@example(value=True)
@example(value=0)
@example(value=1)
@example(value=1.0)
@example(value=10**400)
def test_a_number_is_admitted_if_it_has_the_type_is_finite_and_lies_in_the_range(
    hint: Any, admits: Callable[[Any], bool], value: Any
) -> None:
    whole = hint.__origin__ is int
    is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    fits_a_float = whole or (is_number and abs(value) <= 1.7976931348623157e308)
    lines = lines_of(hint, value)
    assert (lines == []) == bool(is_number and fits_a_float and admits(value))
    assert all(line.startswith("key=") and ": must be " in line for line in lines)


@given(value=ANYTHING)
def test_a_union_takes_what_any_of_its_parts_takes(value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1.7976931348623157e308
    assert (lines_of(Positive | Literal["auto"] | None, value) == []) == (number or value in ("auto", None))


@given(st.lists(ANYTHING))
def test_a_list_is_checked_element_by_element(values: list[Any]) -> None:
    whole = all(isinstance(value, int) and not isinstance(value, bool) and value >= 1 for value in values)
    assert (lines_of(list[Count], values) == []) == whole


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"count": 0}, "part.count=0: must be ≥ 1"),
        ({"count": 1.5}, "part.count=1.5: must be an integer"),
        ({"count": True}, "part.count=true: must be an integer"),
        ({"count": None}, "part.count=null: must be an integer"),
        ({"share": 1.5}, "part.share=1.5: must be ≥ 0 and ≤ 1"),
        ({"share": math.nan}, "part.share=nan: must be a finite number"),
        ({"share": "x"}, "part.share=x: must be a number"),
        ({"eps": -1}, "part.eps=-1: must be > 0 or allowed: auto"),
        ({"names": ["pca", "x"]}, "part.names=[pca, x]: each element allowed: pca, pixels or null"),
        ({"names": "pca"}, "part.names=pca: must be a list or null"),
        ({"inner": 3}, "part.inner=3: must be a group of keys"),
        ({"inner": {"depth": 0}}, "part.inner.depth=0: must be ≥ 1"),
        ({"inner": {"depth": 1, "dept": 2}}, "part.inner.dept=2: unknown key; did you mean depth? allowed: depth"),
        ({"inner": {}}, "part.inner.depth: missing"),
        ({"coutn": 1}, "part.coutn=1: unknown key; did you mean count? allowed: count, eps, inner, names, share"),
    ],
)
def test_a_fault_is_one_line_with_key_value_and_what_is_allowed(changes: dict[str, Any], line: str) -> None:
    assert faults(**changes) == [line]


def test_every_fault_of_a_node_is_told() -> None:
    assert faults(count=0, share=2, inner={}) == [
        "part.count=0: must be ≥ 1",
        "part.share=2: must be ≥ 0 and ≤ 1",
        "part.inner.depth: missing",
    ]
    assert check_node(Node, {}, "") == [f"{key}: missing" for key in ("count", "share", "eps", "names", "inner")]


def test_no_key_is_hydras_own_but_the_target() -> None:
    node = {"_target_": "a.B", "name": "b", "_partial_": True}
    assert check_node(Member, node, "model") == ["model._partial_=true: unknown key; allowed: name"]


def test_a_key_that_resembles_none_gets_no_hint() -> None:
    assert unknown_key("a.zzz", None, ["beta", "alpha", "_target_"]) == "a.zzz=null: unknown key; allowed: alpha, beta"


def test_a_node_without_fault_becomes_its_dataclass() -> None:
    assert faults() == []
    assert build(Node, VALID) == Node(count=1, share=0.5, eps="auto", names=["pca"], inner=Inner(depth=2))
