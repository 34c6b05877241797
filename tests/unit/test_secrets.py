"""What looks like a password or a key is in no text that is written down."""

from __future__ import annotations

import pytest

from synthmix.secrets import looks_secret, masked, without_password


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://mlflow:secret@host:5432/db", "postgresql://mlflow:***@host:5432/db"),
        ("https://me:a:b@host/path", "https://me:***@host/path"),
        ("postgresql://me:with@sign@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:with/slash@host/db", "postgresql://me:***@host/db"),
        ("mysql://host/db?user=me&password=x&ssl=1", "mysql://host/db?user=me&password=***&ssl=1"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("sqlite:////tmp/a:b@c.db", "sqlite:////tmp/a:b@c.db"),
        ("postgresql://me:***@host/db", "postgresql://me:***@host/db"),
    ],
)
def test_a_password_in_an_address_is_not_shown(address: str, told: str) -> None:
    assert without_password(address) == told
    assert masked(f"cannot reach '{address}', nor others") == f"cannot reach '{told}', nor others"


@pytest.mark.parametrize(
    "name",
    ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MLFLOW_TRACKING_PASSWORD", "OPENAI_API_KEY", "PGPASSWORD", "SENTRY_DSN"],
)
def test_a_variable_that_looks_secret_is_masked_wherever_its_value_stands(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hunter2-hunter2")
    assert looks_secret(name)
    assert masked("a hunter2-hunter2, and another: hunter2-hunter2") == "a ***, and another: ***"


@pytest.mark.parametrize(
    "name", ["HOME", "USER", "KEYBOARD", "MONKEY_ISLAND", "OMP_NUM_THREADS", "AUTHOR", "PATH", "PWD", "OLDPWD"]
)
def test_other_variables_are_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "a value of some length")
    assert not looks_secret(name)
    assert masked("a value of some length") == "a value of some length"
