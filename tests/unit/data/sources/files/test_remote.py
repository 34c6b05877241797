"""A file on the web is downloaded once, whole or not at all, and within what is allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from synthmix.data.sources.files.remote import local_path
from synthmix.data.sources.table.config import TableConfig
from synthmix.errors import InvalidInput

CONTENT = "a,b\n" + "".join(f"{number},{number % 7}\n" for number in range(50))


class Server(BaseHTTPRequestHandler):
    """/rows.csv is there, /endless.csv sends more than it says, /cut.csv less; anything else is not there."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name = self.path.partition("?")[0]
        if name not in ("/rows.csv", "/endless.csv", "/cut.csv"):
            self.send_error(404)
            return
        self.send_response(200)
        if name != "/endless.csv":
            self.send_header("Content-Length", str(len(CONTENT) + (10 if name == "/cut.csv" else 0)))
        self.end_headers()
        for _ in range(1000 if name == "/endless.csv" else 1):
            self.wfile.write(CONTENT.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("SYNTHMIX_DATA", str(tmp_path / "data"))
    Server.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_a_table_is_downloaded_once_and_where_it_is_kept_is_said(server: str, tmp_path: Path) -> None:
    config = TableConfig(path=f"{server}/rows.csv?version=3")
    assert np.array_equal(config.read().values[:, 0], np.arange(50))
    (note, *_) = config.notes()
    kept = local_path(f"{server}/rows.csv?version=3")
    assert note.endswith(f"kept in {kept}; remove that file to have it downloaded again")
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert kept.is_relative_to(tmp_path)
    assert Server.asked == ["/rows.csv?version=3"]


@pytest.mark.parametrize(
    ("name", "allowed", "line"),
    [
        ("no.csv", 10**9, "could not be downloaded (404 Client Error"),
        ("cut.csv", 10**9, "could not be downloaded (IncompleteRead"),
        ("endless.csv", 5000, "data.max_bytes=5000: data.path=http://127.0.0.1:"),
        ("rows.csv", 100, "data.max_bytes=100: data.path=http://127.0.0.1:"),
    ],
)
def test_what_cannot_be_had_is_one_line_and_leaves_no_file(server: str, name: str, allowed: int, line: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        TableConfig(path=f"{server}/{name}", max_bytes=allowed).read()
    (fault,) = raised.value.faults
    assert line in fault
    assert not list(local_path(server).parent.iterdir())


def test_no_server_and_a_password_are_one_line_each() -> None:
    for path, line in (
        ("http://127.0.0.1:9/rows.csv", "could not be downloaded ([Errno 111] Connection refused)"),
        ("https://me:secret@127.0.0.1:9/rows.csv", "an address must hold no user and no password"),
    ):
        with pytest.raises(InvalidInput) as raised:
            TableConfig(path=path).read()
        (fault,) = raised.value.faults
        assert line in fault
        assert "secret" not in fault
