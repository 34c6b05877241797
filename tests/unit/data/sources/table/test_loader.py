"""A user's table is read as it stands, or refused with the place of what is wrong."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.data.base import Dataset
from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.loader import load_table as load_config
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec

FRAME = pd.DataFrame({"height": [1.5, -2.0, 3e-3], "count": [7, 8, 9], "kind": ["b", "a", "b"]})

NUMBERED = DataSpec("numbered", "image", (1, 1, 1), (0.0, 8000.0), None)


def load_table(path: str, label_column: str | None = None, drop_columns: Sequence[str] = (), **options: Any) -> Dataset:
    return load_config(TableConfig(path=path, label_column=label_column, drop_columns=list(drop_columns), **options))


def write(path: Path, frame: pd.DataFrame) -> str:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        features = frame.drop(columns="kind", errors="ignore")
        np.savez(path, X=features.to_numpy(), kind=np.array(frame.get("kind", []), dtype=str))
    return str(path)


def refusal_of(path: str, label_column: str | None = None, drop_columns: tuple[str, ...] = (), **options: Any) -> str:
    with pytest.raises(InvalidInput) as refusal:
        load_table(path, label_column, drop_columns, **options)
    return "\n".join(line.replace(path, "FILE") for line in refusal.value.faults)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_every_format_gives_the_same_points_and_labels(suffix: str, tmp_path: Path) -> None:
    dataset = load_table(write(tmp_path / f"t{suffix}", FRAME), "kind", [])
    np.testing.assert_array_equal(dataset.x.numpy(), FRAME[["height", "count"]].to_numpy(dtype=np.float64))
    assert dataset.y is not None
    assert dataset.y.tolist() == [1, 0, 1]
    assert (dataset.spec.shape, dataset.spec.n_classes, dataset.spec.kind) == ((2,), 2, "table")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_a_column_far_from_zero_keeps_its_digits_there_and_back(suffix: str, dtype: type, tmp_path: Path) -> None:
    offset = np.array([1e12, 1.7e9])
    far = (np.random.default_rng(0).normal(size=(8000, 2)) * [0.5, 100] + offset).astype(dtype)
    dataset = load_table(write(tmp_path / f"t{suffix}", pd.DataFrame(far, columns=["a", "b"])), None, [])
    numbered = replace(dataset, spec=NUMBERED, x=torch.arange(8000.0)[:, None, None, None])
    splits, order = (
        split(each, seed=0, n_train=5000, n_val=1000, n_test=1000, n_reserve=0) for each in (dataset, numbered)
    )
    rows = {part: getattr(order, part).x.flatten().long().numpy() for part in ("train", "pool", "val", "test")}
    train = far[rows["train"]] - offset
    assert splits.scaling is not None
    for part, numbers in rows.items():
        scaled = getattr(splits, part).x
        assert scaled.dtype == torch.float32
        expected = (far[numbers] - offset - train.mean(axis=0)) / train.std(axis=0)
        # The mean is rounded to a number that float64 has at 1e12: they are 1.2e-4 apart.
        np.testing.assert_allclose(scaled, expected, rtol=1e-5, atol=3e-4)
        np.testing.assert_allclose(splits.scaling.undone(scaled), far[numbers], rtol=1e-15, atol=1e-4)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_dropped_columns_may_hold_anything(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"t{suffix}", FRAME)
    dataset = load_table(path, None, ["kind", "count"])
    assert dataset.y is None
    assert dataset.spec.n_classes is None
    np.testing.assert_array_equal(dataset.x.numpy(), FRAME[["height"]].to_numpy(dtype=np.float64))


def test_numeric_labels_are_encoded_in_the_order_of_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "label": [10, 9, -1, 10]})
    for suffix in (".csv", ".parquet"):
        dataset = load_table(write(tmp_path / f"t{suffix}", frame), "label", [])
        assert dataset.y is not None
        assert dataset.y.tolist() == [2, 1, 0, 2]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a,b\n1,2\n3\n4,5\n", "data.path=FILE: line 3 has 1 fields, the header has 2"),
        ("a,b\n1,2\n\n4,5\n", "data.path=FILE: line 3 has 0 fields, the header has 2"),
        ("a,b\n1,2\n3,4,5\n", "data.path=FILE: line 3 has 3 fields, the header has 2"),
        ("a,b\n1,2\n3,red\n", "data.path=FILE: line 3, column b: text 'red' where a number belongs"),
        ('a,b\n"1\n",2\n3,red\n', "data.path=FILE: line 4, column b: text 'red' where a number belongs"),
        ("a,b\n1,inf\n3,4\n", "data.path=FILE: line 2, column b: inf is not a finite 32-bit number"),
        ("a,b\n1,1e39\n3,4\n", "data.path=FILE: line 2, column b: 1e39 is not a finite 32-bit number"),
        ("a,b\n", "data.path=FILE: has no rows"),
        ("", "data.path=FILE: the first line must name the columns, it is empty"),
        ("a,a\n1,2\n", "data.path=FILE: more than one column is called 'a'"),
        (",a\n0,1\n", "data.path=FILE: column 1 has no name; name it, or drop '' as an id"),
        ('a,b\n1,"2\n', "data.path=FILE: not a csv file (unexpected end of data)"),
    ],
)
def test_a_csv_is_refused_with_its_place(text: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert refusal_of(str(path)) == fault


@pytest.mark.parametrize("cell", ["", " ", "NA", "nan", "NaN", "null", "?"])
def test_a_missing_value_is_refused_with_its_place(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n1,2\n3,{cell}\n5,{cell}\n")
    assert refusal_of(str(path)).startswith("data.path=FILE: line 3, column b: missing value; ")
    assert refusal_of(str(path)).endswith("(2 such cells in this column)")
    told = refusal_of(str(path), label_column="b")
    assert told.startswith("data.path=FILE: line 3, column b: missing value; a label must be there")


@pytest.mark.parametrize("header", ["0,1", "1,2"])
def test_counted_columns_are_names(header: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{header}\n5,6\n7,8\n\n")
    assert load_table(str(path), None, []).x.tolist() == [[5, 6], [7, 8]]


def test_a_file_that_is_not_in_the_encoding_that_was_named_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("größe\n1\n".encode("latin-1"))
    assert refusal_of(str(path), encoding="utf-8").startswith("data.encoding=utf-8: data.path=FILE is not in it (")
    assert refusal_of(str(path), encoding="utf8-x").startswith("data.encoding=utf8-x: no such encoding; e.g. utf-8")


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8-sig")
    assert load_table(str(path), "a", []).spec.shape == (1,)


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        ([1.0, None, 3.0], "row 1, column b: missing value"),
        ([1, None, 3], "row 1, column b: missing value"),
        (["1", "red", "3"], "row 1, column b: text 'red' where a number belongs"),
        ([1.0, float("-inf"), 3.0], "row 1, column b: -inf is not a finite 32-bit number"),
        ([datetime.timedelta(days=day) for day in (1, 2, 3)], "column b holds times without a day"),
    ],
)
def test_a_parquet_cell_is_refused_with_its_place(column: list[Any], complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", pd.DataFrame({"a": [1, 2, 3], "b": column}))
    assert f"data.path=FILE: {complaint}" in refusal_of(path)


def test_an_npz_cell_is_refused_with_its_place(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.array([[1.0, 2.0], [3.0, np.nan]]))
    assert refusal_of(str(tmp_path / "t.npz")).startswith("data.path=FILE: row 1, column 1: missing value; ")


def pickled(path: Path) -> None:
    np.savez(path, x=np.array([[1, "a"], [None, 2]], dtype=object))


def tower(path: Path) -> None:
    np.savez(path, x=np.zeros((2, 2, 2, 2, 2)))


def short_labels(path: Path) -> None:
    np.savez(path, x=np.zeros((2, 2)), y=np.zeros(1))


def no_archive(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 and no more")


@pytest.mark.parametrize(
    ("make", "label_column", "fault"),
    [
        (pickled, None, "data.path=FILE: not an npz file of plain arrays (Object arrays cannot be loaded"),
        (no_archive, None, "data.path=FILE: not an npz file of plain arrays"),
        (
            tower,
            None,
            "data.path=FILE: must hold the points in one array x, X, data, images or features, or in x_train",
        ),
        (short_labels, "y", "data.label_column=y: must have the shape (2,), has (1,)"),
        (short_labels, "z", "data.label_column=z: no such column; there is 0, 1"),
    ],
)
def test_another_npz_is_refused(
    make: Callable[[Path], None], label_column: str | None, fault: str, tmp_path: Path
) -> None:
    make(tmp_path / "t.npz")
    assert refusal_of(str(tmp_path / "t.npz"), label_column).startswith(fault)


def test_labels_of_an_npz_are_no_points_even_where_nobody_asks_for_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.eye(3), y=np.arange(3))
    assert load_table(str(tmp_path / "t.npz"), None, []).spec.shape == (3,)


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", FRAME)
    assert refusal_of(path, "kinds") == "data.label_column=kinds: no such column; there is kind"
    assert refusal_of(path, "kind", ("x",)) == "data.drop_columns=x: no such column; there is height, count, kind"
    assert refusal_of(path, "kind", ("height", "count")) == "data.path=FILE: has no column left"


def test_other_files_are_refused(tmp_path: Path) -> None:
    assert refusal_of(str(tmp_path / "absent.csv")) == "data.path=FILE: no such file"
    (tmp_path / "t.ods").touch()
    assert refusal_of(str(tmp_path / "t.ods")).startswith("data.path=FILE: must end in .csv, .tsv, .txt, .data, ")
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    assert refusal_of(str(tmp_path / "t.parquet")).startswith("data.path=FILE: not a parquet file")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n2\n")
    first = load_table(str(path), None, [])
    first.x.zero_()
    assert load_table(str(path), None, []).x.tolist() == [[1], [2]]
    path.write_text("a\n3\n4\n5\n")
    assert load_table(str(path), None, []).x.tolist() == [[3], [4], [5]]


def test_the_customers_table_needs_three_columns_dropped(data_root: Path) -> None:
    path = str(data_root / "cc_general" / "CC_GENERAL.csv")
    faults = refusal_of(path).splitlines()
    assert [fault.partition("; ")[0] for fault in faults] == [
        "data.path=FILE: column CUST_ID: 8950 levels in 8950 rows (e.g. 'C10001'), an id? Name it in data.drop_columns",
        "data.path=FILE: line 5205, column CREDIT_LIMIT: missing value",
        "data.path=FILE: line 5, column MINIMUM_PAYMENTS: missing value",
    ]
    assert faults[2].endswith("(313 such cells in this column)")
    dropped = ["CUST_ID", "CREDIT_LIMIT", "MINIMUM_PAYMENTS"]
    dataset = load_table(path, None, dropped)
    expected = pd.read_csv(path).drop(columns=dropped).to_numpy(dtype=np.float64)
    np.testing.assert_array_equal(dataset.x.numpy(), expected)


def test_an_adbench_file_is_read(data_root: Path) -> None:
    dataset = load_table(str(data_root / "adbench" / "6_cardio.npz"), "y", [])
    assert dataset.y is not None
    assert (dataset.x.shape, dataset.y.bincount().tolist()) == ((1831, 21), [1655, 176])


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"path": "in/people.csv.gz"}, "people"),
        ({"path": "https://host/some folder/cars (new).csv?version=2"}, "cars_new"),
        ({"path": "people.csv", "name": "mine"}, "mine"),
        ({"path": ".csv"}, "table"),
        ({}, "table"),
    ],
)
def test_a_table_is_named_after_its_file(keys: dict[str, str], name: str) -> None:
    assert TableConfig(**keys).name == name
