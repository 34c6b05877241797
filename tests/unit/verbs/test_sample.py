"""`synthmix sample` writes the columns of the file, as a user would have written them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from synthmix.api import load_dataset, make_generator
from synthmix.config.plain import to_plain
from synthmix.data.split import split
from synthmix.generators.copula.model import GaussianCopula
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
