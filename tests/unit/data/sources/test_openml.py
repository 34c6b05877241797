"""Tables of openml.org, from a server of the tests' own that answers as it does, by scikit-learn's own client."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sklearn.datasets._openml as client

from synthmix.data.sources.openml import load_openml
from synthmix.data.sources.openml_config import OpenmlConfig
from synthmix.errors import InvalidInput

ARFF = "@relation r\n@attribute size numeric\n@attribute colour {red,blue}\n@attribute kind {a,b}\n@data\n" + "".join(
    f"{number}.5,{'red' if number % 3 else 'blue'},{'ab'[number % 2]}\n" for number in range(30)
)
FEATURES = [("size", "numeric", []), ("colour", "nominal", ["red", "blue"]), ("kind", "nominal", ["a", "b"])]


class Openml(BaseHTTPRequestHandler):
    """Set 7 has the target kind, set 8 the target size, a number; there are no others."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind, _, number = self.path.strip("/").partition("/")
        if number not in ("7", "8"):
            self.answer(412, json.dumps({"error": {"code": "111", "message": "Unknown dataset"}}))
            return
        self.answer(200, ARFF if kind == "file" else json.dumps(self.told(kind, number)))

    def told(self, kind: str, number: str) -> dict[str, Any]:
        target = {"7": "kind", "8": "size"}[number]
        if kind == "features":
            rows = [
                {
                    **{"index": str(index), "name": name, "data_type": what, "nominal_value": levels},
                    **{"is_target": str(name == target).lower(), "is_ignore": "false", "is_row_identifier": "false"},
                    "number_of_missing_values": "0",
                }
                for index, (name, what, levels) in enumerate(FEATURES)
            ]
            return {"data_features": {"feature": rows}}
        if kind == "qualities":
            return {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "30"}]}}
        port = self.server.server_address[1]
        told = {
            "id": number,
            "name": "r",
            "version": "1",
            "description": "Rows.",
            "format": "ARFF",
            "status": "active",
            "file_id": number,
        }
        more = {"default_target_attribute": target, "md5_checksum": hashlib.md5(ARFF.encode()).hexdigest()}
        return {"data_set_description": {**told, **more, "url": f"http://127.0.0.1:{port}/file/{number}"}}

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Openml.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Openml) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{http.server_port}"
        for name, kind in (("_DATA_INFO", "info"), ("_DATA_FEATURES", "features"), ("_DATA_QUALITIES", "qualities")):
            monkeypatch.setattr(client, name, f"{address}/{kind}/{{}}")
        yield address
        http.shutdown()
        thread.join()


def test_a_set_is_downloaded_once_with_its_kinds_and_its_target(server: str, tmp_path: Path) -> None:
    config = OpenmlConfig(id=7, root=str(tmp_path))
    dataset = load_openml(config)
    assert [(column.name, column.kind) for column in dataset.spec.columns] == [
        ("size", "numeric"),
        ("colour", "categorical"),
    ]
    assert dataset.spec.name == "openml_7"
    assert dataset.y is not None
    assert dataset.y.tolist() == [number % 2 for number in range(30)]
    assert dataset.x[:, 0].tolist() == [number + 0.5 for number in range(30)]
    assert "target kind is taken for labels, for scoring only" in next(iter(config.notes()))
    asked = len(Openml.asked)
    load_openml(config)
    assert len(Openml.asked) == asked


def test_a_target_that_is_a_number_stays_a_column(server: str, tmp_path: Path) -> None:
    dataset = load_openml(OpenmlConfig(id=8, root=str(tmp_path)))
    assert dataset.y is None
    assert [column.name for column in dataset.spec.columns] == ["size", "colour", "kind"]
    named = load_openml(OpenmlConfig(id=8, root=str(tmp_path), label_column="colour"))
    assert named.spec.n_classes == 2


def test_a_set_that_does_not_exist_is_one_line_and_leaves_nothing(server: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        OpenmlConfig(id=9, root=str(tmp_path)).read()
    (fault,) = raised.value.faults
    assert fault.startswith("data.id=9: could not be had from openml.org (Dataset with data_id 9 not found")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({}, "data.id=null: must be the number of a data set of openml.org, such as 61"),
        ({"id": 7, "path": "x.csv"}, "data.path=x.csv: data=openml reads data.id"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(keys: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        OpenmlConfig(**keys).read()
    assert raised.value.faults == (line,)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"target": 3}', b"\xff"])
def test_what_is_kept_beside_a_table_and_is_damaged_is_one_line(content: bytes, server: str, tmp_path: Path) -> None:
    load_openml(OpenmlConfig(id=7, root=str(tmp_path)))
    told = tmp_path / "openml" / "7.json"
    told.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        load_openml(OpenmlConfig(id=7, root=str(tmp_path)))
    assert caught.value.faults == (f"{told}: is damaged; remove it to have the set downloaded again",)
