"""Which store is used: the config's, the environment's, or one in the working folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthmix.errors import InvalidInput
from synthmix.tracking.uri import resolve_uri


def test_a_relative_path_is_that_of_the_working_folder(tmp_path: Path) -> None:
    assert resolve_uri(None) == f"sqlite:///{tmp_path}/mlflow.db"
    assert resolve_uri("sqlite:///a/b.db") == f"sqlite:///{tmp_path}/a/b.db"
    assert resolve_uri("sqlite:////a/b.db") == "sqlite:////a/b.db"


def test_the_config_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert resolve_uri(None) == "http://localhost:5000"
    assert resolve_uri("https://example.org/mlflow") == "https://example.org/mlflow"


@pytest.mark.parametrize("uri", ["postgresql+psycopg2://u:p@host/db", "mysql://host/db", "databricks"])
def test_other_stores_of_mlflow_are_left_as_they_are(uri: str) -> None:
    assert resolve_uri(uri) == uri


@pytest.mark.parametrize("uri", ["foo://bar", "mlruns", "file:///tmp/mlruns", "/tmp/mlflow.db"])
def test_a_store_that_mlflow_does_not_have_is_refused(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = "sqlite, http, https, postgresql, mysql, mssql, databricks"
    allowed = f"must begin with one of {known}; e.g. sqlite:///mlflow.db"
    with pytest.raises(InvalidInput) as error:
        resolve_uri(uri)
    assert error.value.faults == (f"tracking.uri={uri}: {allowed}",)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(InvalidInput) as error:
        resolve_uri(None)
    assert error.value.faults == (f"MLFLOW_TRACKING_URI={uri}: {allowed}",)


@pytest.mark.parametrize("uri", ["sqlite:///m.db?timeout=3", "sqlite:////a%20b/m.db"])
def test_a_path_that_would_be_read_as_another_one_is_refused(uri: str) -> None:
    with pytest.raises(InvalidInput, match=r"^tracking.uri=sqlite:.* must have neither \? nor % in it$"):
        resolve_uri(uri)


def test_an_address_that_was_written_down_without_its_password_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, written = "postgresql://u:swordfish@host/db", "postgresql://u:***@host/db"
    with pytest.raises(InvalidInput, match="its password is not written down; set MLFLOW_TRACKING_URI to the whole"):
        resolve_uri(written)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", whole.replace("host", "elsewhere"))
    with pytest.raises(InvalidInput, match="its password is not written down"):
        resolve_uri(written)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", whole)
    assert resolve_uri(written) == whole
