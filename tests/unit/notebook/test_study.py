"""A study of points in memory is the study of the command line on the same points."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from synthmix import InvalidInput, Study

FLOWERS = load_iris(as_frame=True).data
KINDS = load_iris().target
ASKED: dict[str, Any] = {"models": ["gaussian", "duplicate"], "ratios": [0, 1], "clusterers": ["kmeans"]}


@pytest.fixture(autouse=True)
def _handlers_of_signals() -> Iterator[None]:
    """The command takes over Ctrl-C and SIGTERM; pytest needs its own back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_it_has_the_cells_of_the_command_line_and_computes_none_of_them_again(tmp_path: Path) -> None:
    from synthmix import cli

    study = Study(FLOWERS, KINDS, **ASKED, seeds=range(2), n_train=40, overrides=["tracking=none"]).run()
    computed = (tmp_path / ".synthmix" / "journal.jsonl").read_text()
    frame = FLOWERS.assign(kind=[f"kind {number}" for number in KINDS])
    frame.to_csv("flowers.csv", index=False)
    words = ["model=gaussian,duplicate", "mix.ratio=0,1", "clusterer=kmeans", "seed=0,1", "tracking=none"]
    data = ["data=table", "data.path=flowers.csv", "data.label_column=kind", "data.n_train=40"]
    assert cli.main(["run", "-m", *words, *data, "tracking.study=by_command"]) == 0
    expected = pd.read_csv(tmp_path / "multirun" / "by_command" / "report" / "cells.csv")
    shared = [name for name in expected if name.startswith("cluster/")]
    assert len(shared) > 5
    pd.testing.assert_frame_equal(study.cells[shared].reset_index(drop=True), expected[shared], check_exact=True)
    assert len(study.cells) == 8
    assert "<table" in study._repr_html_()
    assert study.report("out").read_text(encoding="utf-8").startswith("<!")
    assert set(study.verdicts["arm"]) <= {"gaussian"}
    assert (tmp_path / ".synthmix" / "journal.jsonl").read_text() == computed


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"models": ["vea"]}, "model=vea: no such member; allowed: "),
        ({"models": "vae"}, "model='vae': must be a list"),
        ({"seeds": []}, "seed=[]: must be at least one value"),
        ({"ratios": [-1]}, "mix.ratio=-1: must be ≥ 0"),
        ({"clusterers": ["kmens"]}, "clusterer=kmens: no such member; allowed: "),
        ({"n_train": 500}, "data.n_train=500: must be ≤ 90 "),
        ({"y": KINDS[:5]}, "y: has the shape (5,); must be (150,), a label for each point of X"),
        ({"y": [None] * 150}, "y: row 0: missing label (150 such labels)"),
        ({"X": FLOWERS.assign(a=np.nan)}, "X: row 0, column 'a': missing value (NaN)"),
        ({"overrides": ["mix.rato=1"]}, "mix.rato=1: unknown key; did you mean ratio?"),
    ],
)
def test_a_wrong_argument_is_one_line(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Study(**{"X": FLOWERS, **ASKED, "seeds": [0], **arguments})
    (fault,) = error.value.faults
    assert fault.startswith(line)


def test_what_is_not_run_has_no_results() -> None:
    study = Study(FLOWERS, **ASKED, seeds=[0, 1])
    assert "8 cells, not run yet" in study._repr_html_()
    with pytest.raises(RuntimeError, match="call run"):
        _ = study.cells
