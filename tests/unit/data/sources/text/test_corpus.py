"""What documents are read of folders, zips and columns, and how each thing that is wrong is told."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from synthmix.config.nodes import build
from synthmix.data.sources.text.config import TextConfig
from synthmix.data.sources.text.corpus import Corpus
from synthmix.errors import InvalidInput


def read(path: Path, **keys: Any) -> Corpus:
    return build(TextConfig, {"_target_": "t", "path": str(path), **keys}).corpus()


def fault(path: Path, **keys: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(path, **keys)
    return [line.replace(str(path), "HERE") for line in refused.value.faults]


def folder(tmp_path: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        file = tmp_path / "docs" / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / "docs"


TREE = {"news__sport__2_dot_txt": "a goal", "news__sport__1": "the café", "news__money__1_dot_md": "a bank"}


def test_a_folder_and_its_zip_are_the_same_documents(tmp_path: Path) -> None:
    docs = folder(tmp_path, **TREE, news__README_dot_TXT="about", news___dot_hidden="no")
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        for file in docs.rglob("*"):
            archive.write(file, Path("docs") / file.relative_to(docs))
        archive.writestr("__MACOSX/docs/._1", b"\x00")
    for found in (read(docs), read(tmp_path / "docs.zip")):
        assert found.names == ("money/1.md", "sport/1", "sport/2.txt")
        assert found.texts == ("a bank", "the café", "a goal")
        assert found.labels is not None
        assert found.labels.tolist() == [0, 1, 1]
        assert found.classes == ("money", "sport")
        assert len(found.notes) == 1
        assert found.notes[0].endswith("README.TXT is left out")


def test_one_folder_has_no_labels(tmp_path: Path) -> None:
    docs = folder(tmp_path, a_dot_txt="one", b_dot_txt="two")
    assert read(docs).labels is None
    assert read(folder(tmp_path / "more", **TREE), labels="none").labels is None
    assert fault(docs, labels="folders") == [
        "data.labels=folders: a.txt of data.path=HERE lies in no subfolder (2 such documents); move it into one, "
        "or give none"
    ]


def test_encodings_are_found_or_named(tmp_path: Path) -> None:
    docs = folder(
        tmp_path,
        a_dot_txt="na\u00efve",
        b_dot_txt="caf\u00e9".encode("cp1252"),
        c_dot_txt="\u00e9t\u00e9".encode("utf-16"),
    )
    found = read(docs)
    assert found.texts == ("naïve", "café", "été")
    assert [note.replace(str(docs), "HERE") for note in found.notes] == [
        "data.encoding=cp1252: found in 1 of 3 documents of data.path=HERE, such as b.txt",
        "data.encoding=utf-16: found in 1 of 3 documents of data.path=HERE, such as c.txt",
    ]
    first, second = fault(docs, encoding="utf-8")
    assert first.startswith(
        "data.encoding=utf-8: data.path=HERE: b.txt is not in it ('utf-8' codec can't decode byte 0xe9"
    )
    assert "c.txt" in second
    assert fault(docs, encoding="klingon")[0].startswith("data.encoding=klingon: no such encoding")


def test_what_is_no_document_is_told_by_name(tmp_path: Path) -> None:
    assert fault(folder(tmp_path / "1", a_dot_txt="one", b_dot_png="x")) == [
        "data.path=HERE: b.png must end in .txt, .text, .md, or have no ending"
    ]
    assert fault(folder(tmp_path / "2", a_dot_txt=b"\xff\xfe\xfd\x00\x01", b_dot_txt=" \n")) == [
        "data.path=HERE: a.txt: holds bytes that no text has; name data.encoding if it is one",
        "data.path=HERE: b.txt: holds no text; leave it out",
    ]
    (tmp_path / "3").mkdir()
    assert fault(tmp_path / "3") == [
        "data.path=HERE: holds no document (a file that ends in .txt, .text, .md, or has no ending)"
    ]
    assert fault(tmp_path / "4") == ["data.path=HERE: no such file or folder"]
    (tmp_path / "5.zip").write_bytes(b"PK no")
    assert fault(tmp_path / "5.zip") == ["data.path=HERE: cannot be unpacked (File is not a zip file)"]
    assert fault(folder(tmp_path / "6", a_dot_txt="one"), text_column="a") == [
        "data.text_column=a: documents of data.path=HERE are files; must be null"
    ]


def test_many_faults_are_cut(tmp_path: Path) -> None:
    lines = fault(folder(tmp_path, **{f"d{i:02}_dot_txt": " " for i in range(13)}))
    assert len(lines) == 11
    assert lines[-1] == "data.path=HERE: 3 more such documents"


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "a" * 5000)
        archive.writestr("b.txt", "b")
    assert fault(tmp_path / "z.zip", max_bytes=1000) == [
        "data.max_bytes=1000: data.path=HERE holds 5001 bytes; allow them, or cut it"
    ]
    assert len(read(tmp_path / "z.zip", max_bytes=5001).texts) == 2


def test_a_column_of_a_table(tmp_path: Path) -> None:
    rows = 'id,body,kind\n1,"a goal, twice\nin two lines",sport\n2,a bank,money\n3,a win,sport\n'
    (tmp_path / "t.csv").write_text(rows)
    found = read(tmp_path / "t.csv", text_column="body", label_column="kind")
    assert found.texts == ("a goal, twice\nin two lines", "a bank", "a win")
    assert found.classes == ("money", "sport")
    assert found.labels is not None
    assert found.labels.tolist() == [1, 0, 1]
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", rows)
    assert read(tmp_path / "t.zip", text_column="body").texts == found.texts
    assert fault(tmp_path / "t.csv") == [
        "data.text_column=null: no such column in data.path=HERE; there is id, body, kind"
    ]
    assert fault(tmp_path / "t.csv", text_column="bodi") == [
        "data.text_column=bodi: no such column in data.path=HERE; there is body"
    ]
    assert fault(tmp_path / "t.csv", text_column="id") == [
        "data.text_column=id: line 3 of data.path=HERE holds 1; must be a column of texts"
    ]
    assert fault(tmp_path / "t.csv", text_column="body", labels="folders") == [
        "data.labels=folders: documents of data.path=HERE are the rows of a table; must be auto"
    ]
    (tmp_path / "t.csv").write_text(rows + "4,,sport\n")
    assert fault(tmp_path / "t.csv", text_column="body") == [
        "data.path=HERE: line 6, column body: no text; fill it, or leave out the row"
    ]
