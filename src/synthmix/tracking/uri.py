"""Which MLflow store is used. Light: imports no mlflow."""

from __future__ import annotations

import os
import re
from pathlib import Path

from synthmix.errors import InvalidInput

SQLITE = "sqlite:///"
DEFAULT = f"{SQLITE}mlflow.db"
SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql", "databricks")


def shown(uri: str) -> str:
    """A URI without the password that it may hold."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", uri)


def resolve_uri(uri: str | None) -> str:
    """The store to use: the config's, else MLFLOW_TRACKING_URI, else mlflow.db here; a sqlite path made absolute.

    Raises:
        InvalidInput: MLflow has no store of that kind.
    """
    named = {"tracking.uri": uri, "MLFLOW_TRACKING_URI": os.environ.get("MLFLOW_TRACKING_URI")}
    key, chosen = next(((key, value) for key, value in named.items() if value), ("", DEFAULT))
    if chosen.startswith(SQLITE):
        path = str(Path(chosen.removeprefix(SQLITE)).absolute())
        if "?" in path or "%" in path:  # which SQLAlchemy takes for options and for codes of characters
            raise InvalidInput(f"{key or 'mlflow.db'}={chosen}: {path} must have neither ? nor % in it")
        return SQLITE + path
    if chosen.partition(":")[0].partition("+")[0] not in SCHEMES:  # postgresql+psycopg2://… names its driver too
        raise InvalidInput(f"{key}={chosen}: must begin with one of {', '.join(SCHEMES)}; e.g. {DEFAULT}")
    return chosen
