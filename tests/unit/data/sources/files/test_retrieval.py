"""Known files are found, checked and downloaded; half a file or a wrong one never gets a name of its own."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from synthmix.data.sources.files.retrieval import KnownFile, all_present, data_folder, locate
from synthmix.errors import InvalidInput

CONTENT = bytes(range(256)) * 4_000
MD5 = hashlib.md5(CONTENT).hexdigest()


class Mirrors(BaseHTTPRequestHandler):
    """/good/ sends the file, /encoded/ too but declares it to be compressed, /broken/ another of the same length,
    /truncated/ half of it, /unsized/ half of it without saying how long it is; anything else is not there."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        folder = self.path.split("/")[1]
        bodies = {
            "good": CONTENT,
            "encoded": CONTENT,
            "broken": CONTENT[::-1],
            "truncated": CONTENT[: len(CONTENT) // 2],
            "unsized": CONTENT[: len(CONTENT) // 2],
        }
        if folder not in bodies:
            self.send_error(404)
            return
        self.send_response(200)
        if folder == "encoded":
            self.send_header("Content-Encoding", "gzip")
        if folder != "unsized":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(bodies[folder])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Mirrors.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirrors) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def known(server: str, *folders: str) -> KnownFile:
    return KnownFile("points.bin", MD5, tuple(f"{server}/{folder}/" for folder in folders))


def test_a_missing_file_is_downloaded_and_left_alone_afterwards(server: str, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "set"
    path = locate(known(server, "good"), folder)
    assert path == folder / "points.bin"
    assert path.read_bytes() == CONTENT
    locate(known(server, "good"), folder)
    assert Mirrors.asked == ["/good/points.bin"]
    assert [entry.name for entry in folder.iterdir()] == ["points.bin"]


def test_what_a_server_takes_for_an_encoding_is_left_in_the_file(server: str, tmp_path: Path) -> None:
    assert locate(known(server, "encoded"), tmp_path).read_bytes() == CONTENT


def test_others_may_read_a_download_where_they_may_read_new_files(server: str, tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    assert locate(known(server, "good"), tmp_path).stat().st_mode == (tmp_path / "new").stat().st_mode


@pytest.mark.parametrize("bad", ["broken", "truncated", "unsized", "absent"])
def test_a_bad_mirror_is_passed_over(bad: str, server: str, tmp_path: Path) -> None:
    path = locate(known(server, bad, "good"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert Mirrors.asked == [f"/{bad}/points.bin", "/good/points.bin"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["points.bin"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("broken", f"expected md5:{MD5} but got {hashlib.md5(CONTENT[::-1]).hexdigest()}"),
        ("truncated", "512000 bytes read, 512000 more expected"),
        ("unsized", f"expected md5:{MD5}"),
        ("absent", "404 Client Error"),
    ],
)
def test_a_bad_download_is_refused_and_removed(bad: str, reason: str, server: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refusal:
        locate(known(server, bad), tmp_path)
    assert reason in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_one_line_names_file_folder_and_mirrors(server: str, tmp_path: Path) -> None:
    mirrors = ("http://127.0.0.1:9/first/", "http://127.0.0.1:9/second/")
    with pytest.raises(InvalidInput) as refusal:
        locate(KnownFile("points.bin", MD5, mirrors), tmp_path / "set")
    (line,) = refusal.value.faults
    assert "\n" not in line
    assert line.startswith(f"data.root={tmp_path}: points.bin is missing in {tmp_path / 'set'}")
    assert all(f"{mirror}points.bin" in line for mirror in mirrors)


def test_a_file_that_no_mirror_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"points\.bin is missing in .* and no mirror has it"):
        locate(KnownFile("points.bin", MD5), tmp_path)


def test_a_file_with_another_md5_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "points.bin"
    path.write_bytes(b"not these")
    with pytest.raises(InvalidInput) as refusal:
        locate(KnownFile("points.bin", MD5), tmp_path)
    message = str(refusal.value)
    assert str(path) in message
    assert hashlib.md5(b"not these").hexdigest() in message
    assert MD5 in message
    assert path.read_bytes() == b"not these"


def test_a_terminal_gets_a_progress_bar(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    locate(known(server, "good"), tmp_path)
    assert "points.bin" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_a_log_file_gets_none(server: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    locate(known(server, "good"), tmp_path)
    assert capfd.readouterr().err == ""


def test_the_data_folder_is_the_root_then_the_environment_then_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.delenv("SYNTHMIX_DATA", raising=False)
    assert data_folder(None, "mnist") == Path("/somewhere/.cache/synthmix/data/mnist")
    monkeypatch.setenv("SYNTHMIX_DATA", "/environment")
    assert data_folder(None, "mnist") == Path("/environment/mnist")
    assert data_folder("~/root", "mnist") == Path("/somewhere/root/mnist")


def test_all_present_asks_for_every_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert all_present([KnownFile("a", "")], tmp_path)
    assert not all_present([KnownFile("a", ""), KnownFile("b", "")], tmp_path)
