"""`synthmix sample` writes the columns of the file, as a user would have written them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.api import load_dataset, make_generator
from synthmix.config.plain import to_plain
from synthmix.data.encoding import decoded
from synthmix.data.split import split
from synthmix.generators.copula.model import GaussianCopula
from synthmix.generators.learned import LearnedGenerator
from synthmix.quality.columns import violations
from synthmix.seeds import pool_seed
from synthmix.verbs.sample import sample


def test_a_zero_has_no_sign_and_columns_are_those_of_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    gain = np.where(rng.random(300) < 0.7, 0.0, rng.lognormal(6, 1, 300).round(2))
    colour = np.array(["red", "blue"])[rng.integers(0, 2, 300)]
    pd.DataFrame({"gain": gain, "age": rng.integers(17, 90, 300), "colour": colour}).to_csv(
        tmp_path / "t.csv", index=False
    )
    table = load_dataset("table", path=tmp_path / "t.csv")
    splits = split(table, seed=0, n_train=200, n_val=50, n_test=50, n_reserve=0)
    model = make_generator("gaussian_copula")
    assert isinstance(model, GaussianCopula)
    model.scaling = splits.scaling
    model.fit(splits.train, seed=0)
    torch.save({"model": to_plain(model.config), **model.state()}, tmp_path / "generator.pt")
    assert sample([str(tmp_path / "generator.pt"), "-n", "200", "--out", str(tmp_path / "x.csv")]) == 0
    text = (tmp_path / "x.csv").read_text()
    assert "-0.0" not in text
    made = pd.read_csv(tmp_path / "x.csv")
    assert list(made.columns) == ["gain", "age", "colour"]
    assert (made["gain"] == 0).mean() > 0.5
    assert made["age"].dtype == np.int64
    assert set(made["colour"]) == {"red", "blue"}


def test_numbers_and_dates_stay_in_the_range_of_train_and_the_violations_tell_what_was_beyond(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({
        "income": rng.lognormal(2, 1, 300).round(2),
        "visits": rng.poisson(0.7, 300),
        "born": pd.to_datetime(rng.integers(0, 900, 300), unit="D").strftime("%Y-%m-%d"),
        "colour": np.array(["red", "blue"])[rng.integers(0, 2, 300)],
    })  # fmt: skip
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = load_dataset("table", path=tmp_path / "t.csv")
    splits = split(table, seed=0, n_train=200, n_val=50, n_test=50, n_reserve=0)
    model = make_generator("gaussian")
    assert isinstance(model, LearnedGenerator)
    model.scaling = splits.scaling
    model.fit(splits.train, seed=0)
    torch.save({"model": to_plain(model.config), **model.state()}, tmp_path / "generator.pt")  # type: ignore[attr-defined]
    assert sample([str(tmp_path / "generator.pt"), "-n", "1000", "--out", str(tmp_path / "x.csv")]) == 0
    made = pd.read_csv(tmp_path / "x.csv")
    train = pd.DataFrame(decoded(splits.train.x, splits.train.spec, splits.scaling))
    for name in ("income", "visits", "born"):
        assert made[name].min() == train[name].min()  # a normal margin goes below each of them
        assert made[name].max() <= train[name].max()
    # Real rows that train has not seen go beyond it, and come back as they are.
    everything = [splits.train, splits.pool, splits.val, splits.test]
    back = pd.concat([pd.DataFrame(decoded(part.x, part.spec, splits.scaling)) for part in everything])
    assert back["income"].max() == frame["income"].max() > train["income"].max()
    points = model.sample(1000, pool_seed(0))
    raw = pd.DataFrame(decoded(points, splits.train.spec, splits.scaling))
    numbers = ["income", "visits", "born"]
    beyond = ((raw[numbers] < train[numbers].min()) | (raw[numbers] > train[numbers].max())).any(axis=1)
    assert f"; {int(beyond.sum())} held a number or date beyond those of train" in capsys.readouterr().out
    assert 0.2 < beyond.mean() <= violations(points, splits)["out_of_range"]
