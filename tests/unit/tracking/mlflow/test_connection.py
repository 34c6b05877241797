"""What counts as an outage, by the errors that real servers cause, and what becomes of one."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow import connection as tracking_connection
from synthmix.tracking.mlflow.connection import Connection, StoreAway, outage_reason
from synthmix.tracking.mlflow.tracker import Tracker


class Scripted(ThreadingHTTPServer):
    """Answers every request with one status and body, and counts; status 0 hangs up without an answer.

    A status of 206 promises more than it sends.
    """

    status, body, requests = 200, "{}", 0

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        self.answer(self.server.status)

    def do_POST(self) -> None:
        self.answer(self.server.status)

    def answer(self, status: int) -> None:
        self.server.requests += 1
        if status:
            self.send_response(status)
            if status == 206:
                self.send_header("Content-Length", str(len(self.server.body) + 1))
            self.end_headers()
            self.wfile.write(self.server.body.encode())

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(("127.0.0.1", 0), Answer) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, value in {"MAX_RETRIES": "1", "BACKOFF_JITTER": "0", "TIMEOUT": "1"}.items():
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{setting}", value)


def error_of(uri: str) -> MlflowException:
    with pytest.raises(MlflowException) as caught:
        MlflowClient(uri).search_experiments()
    return caught.value


def answer(code: str) -> str:
    return json.dumps({"error_code": code, "message": "told by the server"})


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, answer("INTERNAL_ERROR"), "too many 500 error responses"),
        (502, "<html>Bad Gateway</html>", "too many 502 error responses"),
        (503, answer("TEMPORARILY_UNAVAILABLE"), "too many 503 error responses"),
        (429, answer("REQUEST_LIMIT_EXCEEDED"), "too many 429 error responses"),
        (401, "no longer logged in", "no longer logged in"),
        (403, answer("PERMISSION_DENIED"), "PERMISSION_DENIED: told by the server"),
        (0, "", "the connection broke off"),
        (206, "{}", "the connection broke off"),
        (400, answer("INVALID_PARAMETER_VALUE"), None),
        (404, answer("RESOURCE_DOES_NOT_EXIST"), None),
    ],
)
def test_the_answer_says_whether_the_server_is_away(
    server: Scripted, status: int, body: str, reason: str | None
) -> None:
    server.status, server.body = status, body
    found = outage_reason(error_of(server.uri))
    assert (found is None) == (reason is None)
    assert reason is None or reason in str(found)


@contextmanager
def port(*, listening: bool) -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        if listening:
            bound.listen()
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.parametrize(("listening", "reason"), [(False, "Connection refused"), (True, "timed out")])
def test_nobody_answers(listening: bool, reason: str) -> None:
    with port(listening=listening) as uri:
        assert outage_reason(error_of(uri)) == reason


def test_the_reason_is_not_the_error_that_was_being_handled() -> None:
    with port(listening=False) as uri:
        try:
            raise ValueError("a cell has failed")
        except ValueError:
            error = error_of(uri)
    assert outage_reason(error) == "Connection refused"


def test_a_database_that_breaks_is_away(tmp_path: Path) -> None:
    tracker = Tracker(f"sqlite:///{tmp_path}/mlflow.db", "unit")
    _ = tracker.experiment_id
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute("DROP TABLE runs")
    with tracker.open(RunRecord(kind="cell", name="lost")) as run:
        pass
    assert (run.id, run.lost) == (None, "no such table: runs")


@pytest.mark.parametrize("error", [PermissionError("denied"), ValueError("bad"), MlflowException("internal")])
def test_an_error_of_another_kind_is_no_outage(error: Exception) -> None:
    assert outage_reason(error) is None


def refused(connection: Connection, request: Callable[[], object]) -> str:
    with pytest.raises(StoreAway) as away:
        connection.ask(request)
    return str(away.value)


def test_an_outage_is_told_once_and_not_asked_after_until_a_while_has_passed(
    server: Scripted, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Connection(server.uri)
    client = connection.client
    assert connection.ask(client.search_experiments) == []
    server.status, server.requests = 503, 0
    start = time.monotonic()
    reasons = [refused(connection, client.search_experiments) for _ in range(5)]
    assert reasons == ["too many 503 error responses"] * 5
    assert server.requests == 2  # the first one and its repetition
    assert time.monotonic() - start < 3
    told = f"{server.uri}: MLflow is away (too many 503 error responses); the work goes on; "
    assert [record.message.startswith(told) for record in caplog.records if record.name == "synthmix.tracking"] == [
        True
    ]
    assert connection.outage == caplog.records[-1].message

    monkeypatch.setattr(tracking_connection, "PAUSE", 0)
    refused(connection, client.search_experiments)
    assert server.requests == 3  # one probe
    server.status = 200
    assert connection.ask(client.search_experiments) == []
    assert connection.outage is not None
    assert [record.levelno for record in caplog.records if record.name == "synthmix.tracking"] == [logging.WARNING]


def test_a_server_whose_database_is_away_is_told_of_once(
    server: Scripted, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_connection, "PAUSE", 0)
    monkeypatch.setattr(Answer, "do_GET", lambda self: self.answer(200))  # a probe is answered
    connection = Connection(server.uri)
    client = connection.client
    for outage in (1, 2):
        server.status = 503
        for _ in range(3):
            refused(connection, client.search_experiments)
        assert len([record for record in caplog.records if record.name == "synthmix.tracking"]) == outage
        server.status = 200
        connection.ask(client.search_experiments)


def test_who_must_know_now_asks_at_once(server: Scripted) -> None:
    connection = Connection(server.uri)
    client = connection.client
    server.status = 503
    refused(connection, client.search_experiments)
    assert not connection.answers()
    server.status = 200
    refused(connection, client.search_experiments)
    assert connection.ask(client.search_experiments, at_once=True) == []
    assert connection.answers()
    assert connection.ask(client.search_experiments) == []


def test_what_is_no_outage_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        Connection("http://127.0.0.1:1").ask(lambda: 1 / 0)


@pytest.mark.parametrize(
    ("uri", "finished"), [("sqlite:///x.db", [True]), ("postgresql://x", [True]), ("http://x", [])]
)
def test_a_signal_waits_for_a_database(uri: str, finished: list[bool]) -> None:
    """Interrupted in a transaction, MLflow leaves it open, and with it the lock of the file."""
    done: list[bool] = []
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)

    def request() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append(True)

    try:
        with pytest.raises(KeyboardInterrupt):
            Connection(uri).ask(request)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert done == finished
