"""Mixed columns, dates and holes: how they are read, what train makes of them, and that they come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthmix.data.base import Splits
from synthmix.data.encoding import decoded
from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.loader import load_table
from synthmix.data.split import split
from synthmix.errors import InvalidInput

N = 60
FRAME = pd.DataFrame({
    "height": np.round(np.random.default_rng(0).normal(170, 9, N), 1),
    "children": np.arange(N) % 4,
    "colour": np.resize(["red", "blue", "green"], N),
    "smokes": np.resize(["no", "yes"], N),
    "born": pd.date_range("1970-03-01", periods=N, freq="7D").strftime("%d.%m.%Y"),
})  # fmt: skip


def config(path: Path, **options: Any) -> TableConfig:
    return TableConfig(path=str(path), **options)


def written(path: Path, frame: pd.DataFrame = FRAME) -> Path:
    frame.to_csv(path, index=False)
    return path


def cut(path: Path, n_train: int = 30, seed: int = 0, **options: Any) -> Splits:
    dataset = load_table(config(path, **options))
    return split(dataset, seed=seed, n_train=n_train, n_val=None, n_test=None, n_reserve=0)


def refusal(path: Path, **options: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        config(path, **options).read()
    return [fault.replace(str(path), "FILE") for fault in refused.value.faults]


def test_the_kind_of_each_column_is_found_and_shown(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv")
    kinds = [column.kind for column in config(path).read().columns]
    assert kinds == ["numeric", "integer", "categorical", "boolean", "date"]
    assert config(path).extent().spec.shape == (7,)
    told = list(config(path).describe())
    assert told[0] == "60 rows, 5 columns"
    colour = "colour categorical 0 blue, green, red 3 values, one for each level, 1 apart"
    assert " ".join(told[4].split()) == colour
    assert "1970-03-01 to 1971-04-18" in told[6]
    said = config(path, columns={"children": "categorical", "colour": ["green", "blue", "red"]}).read().columns
    assert (said[1].levels, said[2].kind, said[2].levels) == (("0", "1", "2", "3"), "ordinal", ("green", "blue", "red"))


def test_two_categories_lie_one_standard_deviation_apart(tmp_path: Path) -> None:
    splits = cut(written(tmp_path / "t.csv", FRAME[["colour", "smokes", "height"]]))
    colours, smokes = splits.train.x[:, :3].unique(dim=0), splits.train.x[:, 3].unique()
    np.testing.assert_allclose(torch.pdist(colours), [1, 1, 1], rtol=1e-6)
    assert float(smokes.diff()) == 1
    height = splits.train.x[:, 4]
    assert float(height.mean()) == pytest.approx(0, abs=1e-5)
    assert float(height.std(correction=0)) == pytest.approx(1, abs=1e-5)


def test_points_come_back_as_columns_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv")
    splits = cut(path)
    parts = [splits.train, splits.pool, splits.val, splits.test]
    back = pd.concat([pd.DataFrame(decoded(part.x, part.spec, splits.scaling)) for part in parts])
    original = FRAME.assign(born=pd.to_datetime(FRAME["born"], format="%d.%m.%Y").dt.strftime("%Y-%m-%d"))
    keys = list(FRAME.columns)
    pd.testing.assert_frame_equal(
        back.sort_values(keys).reset_index(drop=True),
        original.sort_values(keys).reset_index(drop=True),
        check_dtype=False,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_schema_goes_there_and_back(tmp_path: Path, data: st.DataObject) -> None:
    n = data.draw(st.integers(8, 25))
    cells = {
        "numeric": st.integers(-99_999, 99_999).map(lambda number: number / 100),
        "integer": st.integers(-10_000, 10_000),
        "far": st.integers(10**12, 10**12 + 10_000),
        "categorical": st.sampled_from(["a b", 'q"uote', "ü,x", "d"]),
        "boolean": st.sampled_from(["true", "false"]),
        "date": st.dates().filter(lambda day: day.year > 1900).map(str),
    }
    chosen = data.draw(st.lists(st.sampled_from(sorted(cells)), min_size=1, max_size=5))
    columns = {
        f"{kind} {at}": data.draw(st.lists(cells[kind], min_size=n, max_size=n, unique=kind in ("numeric", "integer")))
        for at, kind in enumerate(chosen)
    }
    frame = pd.DataFrame({"first": range(n), **columns})
    path = written(tmp_path / "t.csv", frame)
    kinds = {name: name.split()[0] for name in columns if name.split()[0] in ("categorical", "boolean", "date")}
    kinds = {name: kind for name, kind in kinds.items() if kind != "boolean" or frame[name].nunique() == 2}
    kinds |= {name: "categorical" for name in columns if name.startswith("boolean") and name not in kinds}
    encoding = {"numeric": data.draw(st.sampled_from(["standardise", "quantile"]))}
    if any(name.startswith("date") for name in columns):
        encoding["dates"] = data.draw(st.sampled_from(["number", "parts"]))
    splits = cut(path, n_train=data.draw(st.integers(2, 5)), columns=kinds, **encoding)
    back = pd.DataFrame(decoded(splits.train.x, splits.train.spec, splits.scaling))
    expected = frame.set_index("first").loc[back["first"]].reset_index()
    pd.testing.assert_frame_equal(back, expected, check_dtype=False)


def test_levels_that_train_has_not_seen_share_one_of_their_own(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": [*"ab" * 20, "x", "y", "z"], "n": range(43)})
    for seed in range(20):
        splits = cut(written(tmp_path / "t.csv", frame), n_train=10, seed=seed)
        assert splits.scaling is not None
        (column, _) = splits.train.spec.columns
        assert column.n_seen is not None
        parts = torch.cat([part.x[:, :5] for part in (splits.train, splits.pool, splits.val, splits.test)])
        places = parts.argmax(dim=1)
        unseen = 43 - sum(int(frame["c"].eq(level).sum()) for level in column.levels[: column.n_seen])
        assert int((places == column.n_seen).sum()) == unseen
        assert int(places.max()) == column.n_seen or unseen == 0
        train = decoded(splits.train.x, splits.train.spec, splits.scaling)["c"]
        assert set(train) == set(column.levels[: column.n_seen])


HOLES = FRAME.assign(
    height=FRAME["height"].where(np.arange(N) % 10 != 3), colour=FRAME["colour"].where(np.arange(N) % 12 != 5)
)


def test_missing_values_are_refused_with_the_ways_on(tmp_path: Path) -> None:
    faults = refusal(written(tmp_path / "t.csv", HOLES))
    assert [fault.partition(";")[0] for fault in faults] == [
        "data.path=FILE: line 5, column height: missing value",
        "data.path=FILE: line 7, column colour: missing value",
    ]
    assert "go on with data.missing=impute or data.missing=drop" in faults[0]
    assert faults[0].endswith("(6 such cells in this column)")


def test_rows_with_holes_are_dropped_and_counted(tmp_path: Path) -> None:
    table = config(written(tmp_path / "t.csv", HOLES), missing="drop").read()
    assert len(table.values) == len(HOLES.dropna()) == 50
    assert table.notes[-1].startswith("data.missing=drop: 10 of 60 rows")


@pytest.mark.parametrize("impute", ["median", "knn", "iterative"])
def test_holes_are_filled_by_what_train_knows(impute: str, tmp_path: Path) -> None:
    splits = cut(written(tmp_path / "t.csv", HOLES.assign(row=range(N))), missing="impute", impute=impute)
    back = {}
    for part in ("train", "pool", "val", "test"):
        filled = getattr(splits, part)
        assert torch.isfinite(filled.x).all()
        back[part] = pd.DataFrame(decoded(filled.x, filled.spec, splits.scaling)).set_index("row")
    every = pd.concat(back.values()).sort_index()
    for name in ("height", "colour", "children", "smokes"):
        known = HOLES[name].notna()
        assert every[name][known].tolist() == FRAME[name][known].tolist()
    of_train = HOLES.loc[back["train"].index]
    assert set(every["colour"][HOLES["colour"].isna()]) == {of_train["colour"].mode()[0]}
    guessed = every["height"][HOLES["height"].isna()]
    assert guessed.between(FRAME["height"].min(), FRAME["height"].max()).all()
    if impute == "median":
        assert guessed.tolist() == pytest.approx([of_train["height"].median()] * len(guessed), abs=0.051)
    else:
        assert guessed.nunique() > 1  # each row has its own


def test_a_sentinel_is_pointed_out_and_taken_for_missing_where_it_is_named(tmp_path: Path) -> None:
    frame = FRAME.assign(height=FRAME["height"].where(np.arange(N) % 10 != 3, -999))
    path = written(tmp_path / "t.csv", frame)
    (note,) = config(path).read().notes
    assert "column height: -999 occurs 6 times" in note
    assert note.endswith("say data.missing_values=[-999]")
    table = config(path, missing="drop", missing_values=[-999]).read()
    assert len(table.values) == 54
    dates = written(tmp_path / "d.csv", pd.DataFrame({"d": ["2020-01-02", "0000-00-00", "2021-03-04"], "a": [1, 2, 3]}))
    assert len(config(dates, missing="drop", missing_values=["0000-00-00"]).read().values) == 2


def test_a_clean_table_of_numbers_keeps_its_digest(tmp_path: Path) -> None:
    frame = FRAME[["height", "children"]]
    path = written(tmp_path / "t.csv", frame)
    first, other = load_table(config(path)), load_table(config(path, missing="impute", impute="knn"))
    from synthmix.data.base import digest_of

    assert first.spec.digest == other.spec.digest == digest_of(torch.tensor(frame.to_numpy(dtype=np.float64)))
    coloured = written(tmp_path / "c.csv")
    digests = {load_table(config(coloured, columns=kinds)).spec.digest for kinds in ({}, {"colour": "ordinal"})}
    assert len(digests) == 2
