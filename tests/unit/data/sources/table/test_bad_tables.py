"""What is wrong with a table is one line a fault, told as the file is read: before any training."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthmix.data.sources.table.config import TableConfig
from synthmix.errors import InvalidInput


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return stream.getvalue()


def arrays(**members: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **members)
    return stream.getvalue()


def feather(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_feather(stream)
    return stream.getvalue()


IDS = "id,n\n" + "".join(f"K{number},{number}\n" for number in range(40))
DAYS = "d,n\n13.01.2020,1\n14.01.2020,2\n15.01.2020,3\n99.99.2020,4\n"
HOLES = "a,b\n" + "1,\n" * 6 + "2,3\n" * 4
BIG = pd.DataFrame({"id": np.array([2**60, 2**60 + 1, 2**60 + 2]), "n": [1, 2, 3]})

# The name of the file, what it holds, what is said of it, and the beginnings of the lines that answer.
BAD: list[tuple[str, str | bytes, dict[str, Any], list[str]]] = [
    # the file
    ("t.csv", "", {}, ["data.path=FILE: the first line must name the columns, it is empty"]),
    ("t.csv", "a,b\n", {}, ["data.path=FILE: has no rows"]),
    ("t.csv", b"a\x00b\xff\n", {}, ["data.path=FILE: holds bytes that no text has"]),
    ("t.ods", "", {}, ["data.path=FILE: must end in .csv, .tsv, "]),
    ("t.zip", zipped(a_csv=b"a\n1\n", b_csv=b"a\n1\n"), {}, ["data.path=FILE: a zip of 2 files (a.csv, b.csv); must"]),
    ("t.zip", zipped(), {}, ["data.path=FILE: an empty zip"]),
    ("t.zip", b"PK and no more", {}, ["data.path=FILE: cannot be unpacked"]),
    ("t.zip", zipped(a_pdf=b"1"), {}, ["data.path=FILE: holds a file a.pdf; it must end in .csv"]),
    ("t.csv.gz", b"\x1f\x8b broken", {}, ["data.path=FILE: cannot be unpacked"]),
    ("t.csv.gz", gzip.compress(b"0" * 999)[:20], {}, ["data.path=FILE: cannot be unpacked"]),
    ("t.csv.gz", gzip.compress(b"0" * 999), {"max_bytes": 9}, ["data.path=FILE: holds more than data.max_bytes=9"]),
    ("t.csv", "a\n1\n2\n", {"max_bytes": 3}, ["data.max_bytes=3: data.path=FILE holds 6 bytes"]),
    ("t.feather", b"no feather", {}, ["data.path=FILE: not a feather file"]),
    ("t.parquet", b"PAR1", {}, ["data.path=FILE: not a parquet file"]),
    ("t.arff", "no arff", {}, ["data.path=FILE: not an arff file"]),
    ("t.arff", "@relation r\n@attribute s string\n@data\nx\n", {}, ["data.path=FILE: not an arff file of numbers and"]),
    ("t.xlsx", b"no workbook", {}, ["data.path=FILE: "]),
    ("t.npy", b"no array", {}, ["data.path=FILE: not a plain array of numpy"]),
    ("t.npz", arrays(z=np.eye(2)), {}, ["data.path=FILE: must hold the points in one array x"]),
    ("t.npz", arrays(x=np.eye(2), data=np.eye(2)), {}, ["data.path=FILE: must hold the points in one array x"]),
    ("t.npz", arrays(x=np.zeros((2, 8, 8, 5))), {}, ["data.path=FILE: x of shape (2, 8, 8, 5): must be images of 1 o"]),
    ("t.npz", arrays(x=np.full((2, 8, 8), -1.0)), {}, ["data.path=FILE: x: values from -1 to 0; must be whole number"]),
    ("t.npz", arrays(x=np.full((2, 8, 8), np.nan)), {}, ["data.path=FILE: x: must hold finite numbers"]),
    ("t.npz", arrays(x_train=np.eye(2), y_train=[0, 1], x_test=np.eye(2)), {"label_column": "y_train"},
     ["data.label_column=y_train: x_test has no labels; must be in y_test"]),
    ("t.npz", arrays(x_train=np.eye(2), x_test=np.eye(3)), {}, ["data.path=FILE: its test set has 3 columns"]),
    # its form
    ("t.csv", "a,b\n1,2\n", {"separator": ",,"}, ["data.separator=',,': must be one character"]),
    ("t.csv", "a;b\n1,234;5\n2,345;6\n", {}, ["data.decimal=null: column a has '1,234', which may be 1.234 or 1234;"]),
    ("t.csv", "2019,2020\n1,2\n3,4\n", {}, ["data.header=null: the first line of data.path=FILE may hold names or nu"]),
    ("t.csv", "größe\n1\n".encode("latin-1"), {"encoding": "utf-8"}, ["data.encoding=utf-8: data.path=FILE is not in"]),
    ("t.csv", "a\n1\n", {"encoding": "klingon"}, ["data.encoding=klingon: no such encoding; e.g. utf-8"]),
    ("t.csv", "a,b\n1,2\n3\n", {}, ["data.path=FILE: line 3 has 1 fields, the header has 2"]),
    ("t.csv", "0.5,2\n1,2\n3\n", {}, ["data.path=FILE: line 3 has 1 fields, the first has 2"]),
    ("t.csv", "a,a\n1,2\n", {}, ["data.path=FILE: more than one column is called 'a'"]),
    ("t.csv", ",a\n0,1\n1,2\n", {}, ["data.path=FILE: column 1 has no name; name it, or drop '' as an id"]),
    ("t.csv", 'a,b\n1,"2\n', {}, ["data.path=FILE: not a csv file (unexpected end of data)"]),
    # its columns
    ("t.csv", "a,b\n1,2\n3,4\n", {"label_column": "c"}, ["data.label_column=c: no such column; there is a, b"]),
    ("t.csv", "a,b\n1,2\n3,4\n", {"drop_columns": ["aa"]}, ["data.drop_columns=aa: no such column; there is a"]),
    ("t.csv", "a,b\n1,2\n3,4\n", {"drop_columns": ["a", "b"]}, ["data.path=FILE: has no column left"]),
    ("t.csv", "a,b\n1,2\n3,4\n", {"columns": {"c": "date"}}, ["data.columns.c=date: no such column; there is a, b"]),
    ("t.csv", "a,b\n1,2\n3,4\n", {"columns": {"a": "colour"}}, ["data.columns.a=colour: allowed: numeric, integer, "]),
    ("t.csv", "a,b\nx,2\ny,4\n", {"columns": {"a": ["x"]}}, ["data.columns.a=[x]: must be two levels or more, each o"]),
    ("t.csv", "a,b\nx,2\ny,4\n", {"columns": {"a": ["x", "z"]}},
     ["data.path=FILE: line 3, column a: 'y' is none of data.columns.a=[x, z]"]),
    ("t.csv", "a,b\nx,2\ny,4\n", {"columns": {"a": "numeric"}}, ["data.path=FILE: line 2, column a: text 'x' where a"]),
    ("t.csv", "a,b\n1,2\n2,4\n3,5\n", {"columns": {"a": "boolean"}}, ["data.columns.a=boolean: has 3 levels; must be"]),
    ("t.csv", "a,b\n1,2\n2,4.5\n", {"columns": {"b": "integer"}}, ["data.columns.b=integer: not all are whole number"]),
    ("t.csv", "a,b\n1,2\n2,4\n", {"columns": {"b": "date"}}, ["data.columns.b=date: the column holds numbers"]),
    ("t.csv", IDS, {}, ["data.path=FILE: column id: 40 levels in 40 rows (e.g. 'K0'), an id? Name it in data.drop_co"]),
    ("t.feather", feather(BIG), {}, ["data.path=FILE: column id holds whole numbers beyond 2^53"]),
    # its cells
    ("t.csv", "a,b\n1,2\n3,red\n", {}, ["data.path=FILE: line 3, column b: text 'red' where a number belongs"]),
    ("t.csv", "a,b\n1,1e39\n3,4\n", {}, ["data.path=FILE: line 2, column b: 1e39 is not a finite 32-bit number"]),
    ("t.csv", "a,b\n1,2\n3,?\n", {}, ["data.path=FILE: line 3, column b: missing value; go on with data.missing=impu"]),
    ("t.csv", "a,b\n1,2\n3,?\n", {"label_column": "b"}, ["data.path=FILE: line 3, column b: missing value; a label m"]),
    ("t.csv", HOLES, {"missing": "impute"}, ["data.path=FILE: column b: 60% of its values are missing; name it in"]),
    ("t.csv", "a,b\n1,\n2,3\n,4\n4,\n", {"missing": "drop", "missing_values": [3]},
     ["data.path=FILE: column b: 75% of its values are missing"]),
    ("t.csv", "a,b\n1,\n,3\n", {"missing": "drop"}, ["data.missing=drop: each row of data.path=FILE lacks a value"]),
    ("t.csv", "a,b\n1,\n2,\n", {"missing": "impute"}, ["data.path=FILE: column b holds no value; name it in"]),
    ("t.csv", DAYS, {}, ["data.path=FILE: line 5, column d: '99.99.2020' is no date of the form %d.%m.%Y"]),
    ("t.csv", "d,n\n01/02/2020,1\n03/04/2020,2\n", {}, ["data.path=FILE: column d: '01/02/2020' may be read as day o"]),
    ("t.csv", "a,b\n1,2\n1,2\n1,2\n", {}, ["data.path=FILE: all rows are equal, so that there is nothing to learn"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "said", "lines"), BAD, ids=[lines[0][:60] for *_, lines in BAD])
def test_a_fault_of_a_table_is_one_line(
    name: str, content: str | bytes, said: dict[str, Any], lines: list[str], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InvalidInput) as refused:
        TableConfig(path=str(path), **said).extent()
    told = [fault.replace(str(path), "FILE") for fault in refused.value.faults]
    assert len(told) == len(lines)
    for line, expected in zip(told, lines, strict=True):
        assert line.startswith(expected)
        assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a,b\n1,2\n3,2\n", "column b: one value alone, 2"),
        ("a,b\n1,x\n3,x\n", "column b: one level alone, 'x'"),
    ],
)
def test_a_column_of_one_value_is_told_and_kept(text: str, note: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    table = TableConfig(path=str(path)).read()
    assert table.notes == (f"data.path={path}: {note}",)
    assert len(table.columns) == 2
