"""A study that is tested on its own data set and on another one, from the command to the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

SWEEP = [
    *("-m", "data=usps", "task=classification", "classifier=knn", "model=duplicate", "mix.ratio=0,1", "seed=0,1"),
    *("data.n_train=200", "data.n_val=60", "quality.n_samples=20", "study.learning_curve=[]"),
]
ACCURACY = "classification/accuracy"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any], data_root: Path) -> tuple[Path, str]:
    """The report's folder, and what the terminal says."""
    folder = tmp_path_factory.mktemp("transfer")
    words = (f"data.root={data_root}", "task.test_data=null,digits", "tracking.study=transfer")
    answer = command("run", *SWEEP, *words, folder=folder)
    assert answer.code == 0, answer.err
    return folder / "multirun" / "transfer" / "report", answer.out


def test_the_two_test_sets_are_two_settings_of_one_train(told: tuple[Path, str]) -> None:
    cells = pd.read_csv(told[0] / "cells.csv").sort_values(["mix.ratio", "seed"])
    assert list(cells["status"]) == ["finished"] * 8
    own, digits = cells[cells["task.test_data"].isna()], cells[cells["task.test_data"] == "digits"]
    assert len(own) == len(digits) == 4
    assert list(own["val/accuracy"]) == list(digits["val/accuracy"])  # learnt of the same points, val is the source's
    assert (own[ACCURACY].to_numpy() > digits[ACCURACY].to_numpy()).all()  # what is transferred is harder


def test_terminal_and_page_name_both_test_sets(told: tuple[Path, str]) -> None:
    report, terminal = told
    page = " ".join((report / "index.html").read_text(encoding="utf-8").split())
    for text in (page, " ".join(terminal.split())):
        assert "knn on identity, task.test_data = digits" in text
        assert "knn on identity, task.test_data = null" in text
        assert "Transfer: what is learnt of usps is tested on 1797 images of digits" in text
        assert "usps tested on digits: Intervals over seeds speak of this data set and the test set of digits" in text
        assert "usps: Intervals over seeds speak of this data set and its official test set" in text
    assert "tested on digits" in page


def test_a_set_whose_files_are_missing_is_told_before_anything_is_computed(
    tmp_path: Path, command: Callable[..., Any], data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*args: Any, **kwargs: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("pooch.retrieve", no_network)
    monkeypatch.setenv("SYNTHMIX_DATA", str(tmp_path))
    words = ["data=digits" if word == "data=usps" else word for word in SWEEP]
    answer = command("run", *words, "task.test_data=usps", folder=tmp_path)
    assert answer.code == 2
    assert len(answer.err.strip().splitlines()) == 1
    assert "zip.train.gz is missing" in answer.err
    assert not (tmp_path / ".synthmix" / "cell").exists()
