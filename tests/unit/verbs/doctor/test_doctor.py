"""`synthmix doctor`: what it finds, what fails it, and that it leaves nothing behind."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from synthmix.cli import main
from synthmix.config.data import FileSetConfig, known_sets
from synthmix.data.sources.files import presence
from synthmix.data.sources.files.retrieval import KnownFile

SMALL = KnownFile("small.txt", "900150983cd24fb0d6963f7d28e17f72")  # of abc
Found = Callable[..., dict[str, tuple[str, str]]]


@pytest.fixture(autouse=True)
def _handlers_of_signals() -> Iterator[None]:
    """`main` takes over Ctrl-C and SIGTERM; pytest needs its own back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def found(capsys: pytest.CaptureFixture[str]) -> Found:
    """By subject, the state and what is said."""

    def ask(*words: str, code: int) -> dict[str, tuple[str, str]]:
        assert main(["doctor", *words]) == code
        rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()[:-1]]
        return {subject: (state, says) for subject, state, says in rows}

    return ask


def test_all_that_a_run_needs_is_told_and_nothing_is_made(found: Found, tmp_path: Path) -> None:
    rows = found("--data", "nowhere", code=0)
    assert {"synthmix", "python", "packages", "processor", "threads", "gpu", "bf16", "store", "tracking"} < rows.keys()
    assert "torch 2." in rows["packages"][1]
    assert rows["tracking"] == ("ok", f"sqlite:///{tmp_path}/mlflow.db: not there yet, the first run makes it")
    assert rows["data=usps"][0] == "missing"
    assert rows["data=usps"][1].startswith("not in nowhere/usps: zip.train.gz, zip.test.gz")
    assert [*tmp_path.iterdir()] == []


def test_every_known_set_that_lies_in_files_is_looked_for() -> None:
    in_files = {name for name, kind in known_sets().items() if issubclass(kind, FileSetConfig)}
    assert {*presence.KNOWN_SETS} == in_files


def test_real_sets_are_found(found: Found, data_root: Path) -> None:
    assert found("--data", str(data_root), code=0)["data=usps"] == ("ok", f"{data_root}/usps: 2 files")


@pytest.mark.parametrize(("text", "state"), [("abc", "ok"), ("abd", "fails")])
def test_a_file_with_other_bytes_fails(
    text: str, state: str, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthmix.verbs.doctor.places.KNOWN_SETS", {"small": [[SMALL]]})
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "small.txt").write_text(text)
    assert found("--data", str(tmp_path), code=int(state == "fails"))["data=small"][0] == state


def test_a_store_that_cannot_be_written_fails(found: Found, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    state, says = found("--store", str(tmp_path / "file" / "store"), code=1)["store"]
    assert (state, says) == ("fails", f"{tmp_path}/file/store: cannot be written (Not a directory)")


def test_the_size_of_a_store_is_told(found: Found, tmp_path: Path) -> None:
    (tmp_path / "store" / "cell").mkdir(parents=True)
    (tmp_path / "store" / "cell" / "payload.pt").write_bytes(bytes(1234))
    assert "can be written; 1.2 kB, " in found("--store", "store", code=0)["store"][1]


def test_a_server_that_is_away_fails_without_its_password(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:swordfish@127.0.0.1:9/?token=tuna")
    state, says = found(code=1)["tracking"]
    assert state == "fails"
    assert "http://me:***@127.0.0.1:9" in says
    assert "swordfish" not in says
    assert "tuna" not in says


def test_the_schema_of_a_database_is_compared(
    found: Found, tmp_path: Path, copied_store: Callable[[Path], None]
) -> None:
    copied_store(tmp_path / "mlflow.db")
    assert found(code=0)["tracking"][1].endswith("is that of this MLflow")
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '39d1c3be5f05'")
        connection.commit()
    state, says = found(code=1)["tracking"]
    assert state == "fails"
    assert "has the schema 39d1c3be5f05, this MLflow " in says


def test_a_package_that_is_too_old_fails(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.9" if name == "filelock" else version(name))
    assert found(code=1)["packages"] == ("fails", "filelock>=3.13: 0.9 is installed")


def test_a_wrong_switch_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--gpu"]) == 2
    assert capsys.readouterr().err.startswith("doctor: unrecognized arguments: --gpu")
