"""An experiment is compared with its tables; a table that is not what comes out is found."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
TABLE = Path(__file__).parents[2] / "experiments" / "digits_demo" / "expected.csv"
CELL = {"clusterer.name": "kmeans", "seed": "3"}


def some_cells(*, better: float = 0.0) -> None:
    """The rows of two controls as an experiment here, where one score may be better than it is."""
    with TABLE.open() as stream:
        head, *body = csv.reader(stream)
    rows = [dict(zip(head, line, strict=True)) for line in body]
    rows = [row for row in rows if row["model.name"] in ("duplicate", "jitter") and row.items() >= CELL.items()]
    rows[-1]["cluster/ari"] = repr(float(rows[-1]["cluster/ari"]) + better)
    folder = Path("experiments/digits_demo")
    folder.mkdir(parents=True)
    (folder / "expected.yaml").write_text("computed_with: {}\nspread: {}\n")
    with (folder / "expected.csv").open("w") as stream:
        table = csv.DictWriter(stream, head)
        table.writeheader()
        table.writerows(rows)


def test_controls_come_to_what_the_table_says_on_every_processor(command: Command) -> None:
    some_cells()
    answer = command("reproduce", "digits_demo")
    assert answer.code == 0, answer.out + answer.err
    assert "experiment digits_demo: 6 cells in experiments/digits_demo/expected.csv\n" in answer.out


def test_a_table_that_is_better_than_what_comes_out_is_found(command: Command) -> None:
    some_cells(better=0.01)
    answer = command("reproduce", "digits_demo")
    assert answer.code == 1
    (line,) = [line for line in answer.out.splitlines() if line.startswith("NOT within: ")]
    assert line.endswith("the mean of 1 cells is off by -0.0100; allowed: 0.0010")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["digits"], "digits: no such experiment; allowed: anomaly_detection, "),
        (["mnist_kmeans"], "experiments/mnist_kmeans/expected.csv: must have a column status"),
        (["digits_demo", "--sample", "0"], "--sample=0: must be "),
        ([], "reproduce: the following arguments are required: NAME"),
    ],
)
def test_a_fault_is_one_line(words: list[str], fault: str, command: Command) -> None:
    Path("experiments/mnist_kmeans").mkdir(parents=True)
    Path("experiments/mnist_kmeans/expected.csv").write_text("seed,score\n0,1\n")
    answer = command("reproduce", *words)
    assert (answer.code, answer.out) == (2, "")
    assert fault in answer.err
    assert len(answer.err.splitlines()) == 1
