"""A file is read under the form that it has, which is found where it is plain, and said."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.file import Table
from synthmix.data.sources.table.loader import load_table
from synthmix.errors import InvalidInput

ROWS = [[1.5, 7.0], [-2.0, 8.0], [0.25, 1234567.5]]
CSV = "a,b\n1.5,7\n-2.0,8\n.25,1234567.5\n"


def config(path: Path, **options: Any) -> TableConfig:
    return TableConfig(path=str(path), **options)


def names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidInput) as refused:
        config(path, **options).read()
    (fault,) = refused.value.faults
    return fault.replace(str(path), "FILE")


TEXTS = {
    "semicolons and decimal commas": (b"a;b\n1,5;7\n-2,0;8\n0,25;1.234.567,5\n", ["decimal=,", "separator=;"]),
    "tabs": (b"a\tb\n1.5\t7\n-2.0\t8\n.25\t1234567.5\n", []),
    "bars": (b"a|b\n1.5|7\n-2|8\n.25|1234567.5\n", ["separator=|"]),
    "blanks in columns": (b"a     b\n1.5   7\n-2    8\n.25   1234567.5\n", ["separator=blanks"]),
    "quotes and thousands": (b'"a","b"\n"1.5","7"\n"-2","8"\n".25","1,234,567.5"\n', []),
    "thousands by blanks": (b"a;b\n1,5;7\n-2;8\n0,25;1 234 567,5\n", ["decimal=,", "separator=;"]),
    "byte order mark": (b"\xef\xbb\xbf" + CSV.encode(), []),
    "utf-16": (CSV.encode("utf-16"), ["encoding=utf-16"]),
    "old line ends": (CSV.replace("\n", "\r").encode(), []),
    "no header": (CSV.partition("\n")[2].encode(), ["header=false"]),
    "blanks around": (b" a , b\n 1.5 , 7\n -2 ,8\n.25, 1234567.5 \n\n\n", []),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_in_whatever_form_and_what_is_unusual_is_said(name: str, tmp_path: Path) -> None:
    raw, found = TEXTS[name]
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    table = config(path).read()
    assert table.values.tolist() == ROWS
    assert names(table) == (("0", "1") if name == "no header" else ("a", "b"))
    said = sorted(note.removeprefix("data.").partition(": found in data.path=")[0] for note in table.notes)
    assert said == sorted(found)
    assert config(path).extent().n_points == 3


def test_what_the_user_says_of_a_text_is_not_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("größe:b\n1,500:7\n".encode("cp1252"))
    table = config(path, encoding="latin-1", separator=":", decimal=",").read()
    assert (names(table), table.values.tolist(), table.notes) == (("größe", "b"), [[1.5, 7.0]], ())
    assert config(path, separator=":", decimal=".", header=True).read().values.tolist() == [[1500.0, 7.0]]
    assert config(path, separator=":", decimal=",").read().notes[0].startswith("data.encoding=cp1252: found")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("0.00,0.00,1\n0.64,1,2\n", False),  # names would be repeated
        ("5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n", False),
        ("country,2019,2020\nFrance,1.5,2\n", True),
        ("0,1,2\n4,5,6\n", True),
        ("p,x,s\n" + "e,x,s\np,b,y\n" * 4, False),  # letters that come again below
        ("p,x,s\n1,2,3\n4,5,6\n", True),
    ],
)
def test_a_line_of_names_is_told_from_one_of_values(text: str, header: bool, tmp_path: Path) -> None:
    path = tmp_path / "t.data"
    path.write_text(text)
    found = config_columns(path)
    expected = text.partition("\n")[0].split(",")
    assert found == (expected if header else [str(place) for place in range(len(expected))])


def config_columns(path: Path) -> list[str]:
    from synthmix.data.sources.table.formats.base import RawTable, Reading
    from synthmix.data.sources.table.formats.readers import read_raw

    raw = read_raw(path, Reading(str(path)))
    assert isinstance(raw, RawTable)
    return list(raw.columns)


def packed_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_packed_file_is_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    packed_zip(tmp_path / "t.zip", {"inner.csv": CSV.encode(), "__MACOSX/._inner.csv": b"\0"})
    feather = io.BytesIO()
    pd.DataFrame(ROWS, columns=["a", "b"]).to_feather(feather)
    packed_zip(tmp_path / "f.zip", {"inner.feather": feather.getvalue()})
    for name in ("t.csv.gz", "t.zip", "f.zip"):
        assert config(tmp_path / name).read().values.tolist() == ROWS


def test_other_formats_give_the_same_points(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["a", "b"])
    frame.to_feather(tmp_path / "t.feather")
    frame.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    np.save(tmp_path / "t.npy", frame.to_numpy())
    np.savez(tmp_path / "t.npz", data=frame.to_numpy(), labels=[0, 1, 0])
    (tmp_path / "t.arff").write_text(
        "@relation t\n@attribute a numeric\n@attribute b real\n@attribute c {x,y}\n@data\n"
        "1.5,7,x\n-2,8,y\n.25,1234567.5,x\n"
    )
    for name in ("t.feather", "t.tsv", "t.npy", "t.npz"):
        assert config(tmp_path / name).read().values.tolist() == ROWS
    table = config(tmp_path / "t.arff", label_column="c").read()
    assert (table.values.tolist(), table.n_classes) == (ROWS, 2)
    assert "data.label_column=labels scores by them" in config(tmp_path / "t.npz").read().notes[0]


def test_the_first_sheet_of_a_workbook_is_read(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        pd.DataFrame(ROWS, columns=["a", "b"]).to_excel(book, sheet_name="one", index=False)
        pd.DataFrame({"c": [1]}).to_excel(book, sheet_name="two", index=False)
    table = config(tmp_path / "t.xlsx").read()
    assert (table.values.tolist(), names(table)) == (ROWS, ("a", "b"))
    assert table.notes[0].endswith("sheet 'one' is read, 1 more are not")


def test_an_official_test_set_is_taken_over(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(30, 4)), rng.normal(size=(10, 4))
    np.savez(tmp_path / "t.npz", x_train=train, y_train=np.arange(30) % 3, x_test=test, y_test=np.full((10, 1), 5))
    dataset = load_table(config(tmp_path / "t.npz", label_column="y_train"))
    assert dataset.test is not None
    assert dataset.test.y is not None
    np.testing.assert_array_equal(dataset.x.numpy(), train)
    np.testing.assert_array_equal(dataset.test.x.numpy(), test)
    assert (dataset.spec.n_classes, dataset.test.y.tolist()) == (4, [3] * 10)
    assert config(tmp_path / "t.npz").extent().n_official_test == 10
    unlabelled = load_table(config(tmp_path / "t.npz"))
    assert unlabelled.test is not None
    assert unlabelled.test.y is None


@pytest.mark.parametrize("shape", [(5, 8, 6), (5, 8, 6, 1), (5, 8, 6, 3), (5, 3, 8, 6)])
def test_images_are_images(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, size=shape).astype(np.uint8)
    pixels[0] = 255
    np.savez(tmp_path / "t.npz", images=pixels, y=np.arange(5))
    dataset = load_table(config(tmp_path / "t.npz", label_column="y"))
    channels = 3 if 3 in shape[1:] else 1
    assert (dataset.spec.kind, dataset.spec.shape, dataset.x.dtype) == ("image", (channels, 8, 6), torch.float32)
    assert dataset.spec.value_range == (0, 1)
    assert float(dataset.x[0].min()) == 1
    corner = pixels.reshape(5, -1)[1, 0] / 255
    assert float(dataset.x[1].flatten()[0]) == pytest.approx(corner)


def lying_zip(path: Path) -> None:
    packed_zip(path, {"t.csv": b"0" * 100_000})


def lying_header(path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10)})
    packed_zip(path, {"x.npy": header.getvalue()})


def deep_gz(path: Path) -> None:
    path.write_bytes(gzip.compress(b"0" * 100_000))


@pytest.mark.parametrize(
    ("name", "make", "fault"),
    [
        ("t.zip", lying_zip, "data.max_bytes=1000: data.path=FILE holds 100000 bytes; allow them, or cut it"),
        ("t.npz", lying_header, "data.max_bytes=1000: data.path=FILE holds 80000000000 bytes; allow them, or cut it"),
        ("t.csv.gz", deep_gz, "data.path=FILE: holds more than data.max_bytes=1000 once it is unpacked"),
        ("t.csv", lying_zip, "data.max_bytes=10: data.path=FILE holds"),
    ],
)
def test_a_file_that_holds_too_much_is_not_unpacked(
    name: str, make: Callable[[Path], None], fault: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    assert refusal(tmp_path / name, max_bytes=10 if "=10:" in fault else 1000).startswith(fault)
