"""A row of a report is found by its keys, and compared to the last digit."""

from __future__ import annotations

from typing import Any

import pytest

from synthmix.config.composing.composer import composer
from synthmix.config.plain import plain
from synthmix.errors import InvalidInput
from synthmix.recompute.own_store import Recomputed
from synthmix.recompute.rows import Row, compared, matched, read_rows
from synthmix.study.asked import Asked
from synthmix.study.combination import asked_for

TABLE = (
    "model.name,data.n_train,model.steps,mix.ratio,seed,status,cluster/ari,tuned/covariance_type\n"
    "gan,100,50,1.0,0,finished,0.527,full\n"
    "gan,100,60,1.0,0,failed,,\n"
)


def asked(words: str, n_train: int = 100) -> Asked:
    with composer() as compose:
        return Asked(asked_for(plain(compose.cell(words.split()))), n_train, "key", None, None, "digest")


def test_rows_find_their_cells_however_a_number_is_written() -> None:
    cells = [
        (asked("model=gan model.steps=50"), "first"),
        (asked("model=gan model.steps=60 mix.ratio=1.0"), "second"),
        (asked("model=gan model.steps=60 seed=1"), "third"),
    ]
    assert [thing for _, thing in matched(read_rows(TABLE, "cells.csv"), cells, "cells.csv")] == ["first", "second"]


def test_a_row_of_no_cell_and_one_of_two_are_faults() -> None:
    cell = asked("model=gan model.steps=50")
    with pytest.raises(InvalidInput) as told:
        matched(read_rows(TABLE, "cells.csv"), [(cell, 1), (cell, 2)], "cells.csv")
    first, second = told.value.faults
    assert first.startswith("cells.csv: model.name=gan data.n_train=100 model.steps=50 ")
    assert first.endswith(": several cells that it could be of")
    assert second.endswith(": no cell that it could be of")


@pytest.mark.parametrize(
    ("status", "values", "names"),
    [
        ("finished", {"cluster/ari": 0.527, "tuned/covariance_type": "full", "cluster/new": 1.0}, []),
        ("finished", {"cluster/ari": 0.5270000000000001, "tuned/covariance_type": "diag"}, ["cluster/ari", "tuned/"]),
        ("finished", {"tuned/covariance_type": "full"}, ["cluster/ari"]),
        ("failed", {}, ["status", "cluster/ari", "tuned/"]),
    ],
)
def test_what_differs_is_named(status: str, values: dict[str, Any], names: list[str]) -> None:
    row = read_rows(TABLE, "cells.csv")[0]
    found = Recomputed(asked("model=gan"), status, None, values)
    differing = [value.name for value in compared(row, found) if not value.is_equal]
    assert [name for name, wanted in zip(differing, names, strict=True) if name.startswith(wanted)] == differing


def test_a_score_that_a_row_leaves_empty_is_one_that_it_denies() -> None:
    row = Row({"seed": "0"}, "finished", {"cluster/ari": ""})
    assert [v.name for v in compared(row, Recomputed(asked("seed=0"), "finished", None, {"cluster/ari": 0.5}))][1:] == [
        "cluster/ari"
    ]


@pytest.mark.parametrize(
    "text", ["", "seed\n0\n", "status,status\n", "seed,status\n0\n", 'seed,status\n"0\n', "seed,status\n0,a,b\n"]
)
def test_what_is_no_table_is_told(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^cells\.csv"):
        read_rows(text, "cells.csv")
