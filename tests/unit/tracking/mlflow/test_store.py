"""Opening a store: by many at once where it is new, and not at all where it cannot be used."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from mlflow import MlflowClient

from synthmix.errors import InvalidInput
from synthmix.tracking.mlflow.store import StoreUnreachable, open_store, probe

# Eight processes that open the same new store at the same moment; each makes a run in it.
EIGHT = """
import os, sys, time
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

start = time.time() + 1
children = []
for number in range(8):
    child = os.fork()
    if child == 0:
        time.sleep(start - time.time())
        with Tracker(sys.argv[1], "race").open(RunRecord(kind="cell", name=f"run {number}", params={"n": number})):
            pass
        os._exit(0)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def test_eight_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    done = subprocess.run([sys.executable, "-c", EIGHT, uri], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("race")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.data.params["n"] for run in runs) == list("01234567")
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]  # no draft and no lock is left


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    client = open_store(f"sqlite:///{tmp_path}/new/folder/m.db")
    assert client.get_experiment("0").name == "Default"
    assert (tmp_path / "new" / "folder" / "m.db").is_file()


def refusal(uri: str, *, create: bool = True) -> str:
    start = time.monotonic()
    with pytest.raises(InvalidInput) as error:
        open_store(uri, create=create)
    assert time.monotonic() - start < 5, "MLflow tries again and again for minutes"
    (fault,) = error.value.faults
    assert fault.startswith(f"tracking.uri={uri}: ")
    return fault


def test_what_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, though long enough to be taken for the header of one" * 20)
    assert refusal(f"sqlite:///{file}").endswith("cannot be used (file is not a database)")
    assert file.read_text().startswith("not a database")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be used" in refusal(f"sqlite:///{tmp_path}/file/m.db")
    assert "cannot be used" in refusal("sqlite:////proc/m.db")
    assert "cannot be used (unable to open database file)" in refusal(f"sqlite:///{tmp_path}")


def test_a_store_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}/m.db", create=False).endswith("no such file")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "refused" in refusal(f"http://127.0.0.1:{port}")


class Status(HTTPServer):
    status = 404


class Answer(BaseHTTPRequestHandler):
    server: Status

    def do_GET(self) -> None:
        self.send_error(self.server.status)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Status]:
    with Status(("127.0.0.1", 0), Answer) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def test_a_server_that_answers_is_taken_whatever_it_says(server: Status) -> None:
    uri = f"http://127.0.0.1:{server.server_port}"
    assert open_store(uri).tracking_uri == uri


def test_a_proxy_whose_server_is_away_is_refused(server: Status) -> None:
    server.status = 502
    assert "cannot be used (HTTP Error 502: Bad Gateway)" in refusal(f"http://127.0.0.1:{server.server_port}")


def test_what_speaks_another_protocol_is_refused(server: Status) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        Thread(target=greet, daemon=True).start()
        assert "no HTTP server" in refusal(f"http://127.0.0.1:{listening.getsockname()[1]}")


def test_a_database_whose_driver_is_missing_is_refused(server: Status) -> None:
    assert "No module named" in refusal(f"postgresql+pg8000://127.0.0.1:{server.server_port}/mlflow")


def test_a_database_that_is_away_is_refused() -> None:
    assert "refused" in refusal("postgresql://mlflow@127.0.0.1:1/mlflow")


@pytest.mark.parametrize("busy", [True, False])
def test_a_file_that_another_holds_does_not_answer(tmp_path: Path, busy: bool) -> None:
    with closing(sqlite3.connect(tmp_path / "m.db")) as other:
        other.execute("CREATE TABLE runs (id)")
        if busy:
            other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnreachable, match="database is locked") if busy else nullcontext():
            probe(f"sqlite:///{tmp_path}/m.db", timeout=0.1)


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="No such file"):
        probe(f"sqlite:///{tmp_path}/m.db")
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_not_shown() -> None:
    assert StoreUnreachable("postgresql://mlflow:secret@host/db", "why").faults == (
        "tracking.uri=postgresql://mlflow:***@host/db: cannot be used (why)",
    )


def test_limits_that_the_user_has_set_are_kept() -> None:
    code = (
        "import synthmix.tracking.mlflow.store as _, os; print(*(os.environ[f'MLFLOW_HTTP_REQUEST_{x}'] for x in {}))"
    )
    words = [sys.executable, "-c", code.replace("{}", "('MAX_RETRIES', 'TIMEOUT')")]
    environment = {**os.environ, "MLFLOW_HTTP_REQUEST_TIMEOUT": "77"}
    environment.pop("MLFLOW_HTTP_REQUEST_MAX_RETRIES", None)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "77"]
