"""A stranger's text is bounded before it is taken apart, and runs nothing."""

from __future__ import annotations

import pytest

from synthmix.errors import InvalidInput
from synthmix.recompute.foreign import MOST_CHARACTERS, MOST_VALUES, read_config, read_json

# Ten references to ten references and so on: 300 characters that unfold to a billion values.
LAUGHS = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x" * (MOST_CHARACTERS + 1), f"run: has {MOST_CHARACTERS + 1} characters; must be ≤ {MOST_CHARACTERS}"),
        (LAUGHS, f"run: unfolds to more than {MOST_VALUES} values"),
        ("a: &a [*a]", f"run: unfolds to more than {MOST_VALUES} values"),
        ("[" * 2_000, "run: cannot be read ("),
        ("- 1", "run: must be a mapping"),
        ("1: 2", "run: every key must be a text"),
        ("a: {1: 2}", "run: every key must be a text"),
        ("a: !!python/object/apply:os.system [true]", "run: cannot be read (could not determine a constructor"),
        ("a: [", "run: cannot be read ("),
    ],
)
def test_a_fault_is_told_in_one_line(text: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read_config(text, "run")
    assert len(told.value.faults) == 1
    assert told.value.faults[0].startswith(fault)


@pytest.mark.parametrize("text", ["[" * 200_000, "[1]", "{", "1", ""])
def test_json_likewise(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"manifest\.json: "):
        read_json(text, "manifest.json")


def test_a_config_is_read_as_it_stands() -> None:
    assert read_config("a: {b: [1, 2.5, x, null]}", "run") == {"a": {"b": [1, 2.5, "x", None]}}
