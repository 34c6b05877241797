"""Which MLflow store is used. Light: imports no mlflow."""

from __future__ import annotations

import os
from pathlib import Path

from synthmix.errors import InvalidInput
from synthmix.secrets import MASK, without_password

SQLITE = "sqlite:///"
DEFAULT = f"{SQLITE}mlflow.db"
VARIABLE = "MLFLOW_TRACKING_URI"
SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql", "databricks")


def resolve_uri(uri: str | None) -> str:
    """The store to use: the config's, else MLFLOW_TRACKING_URI, else mlflow.db here; a sqlite path made absolute.

    Raises:
        InvalidInput: MLflow has no store of that kind, or its password is known to nobody here.
    """
    environment = os.environ.get(VARIABLE)
    if uri and MASK in uri and environment and without_password(environment) == uri:
        uri = environment  # what was written down lacks the password
    elif uri and MASK in uri:
        raise InvalidInput(f"tracking.uri={uri}: its password is not written down; set {VARIABLE} to the whole address")
    named = {"tracking.uri": uri, VARIABLE: environment}
    key, chosen = next(((key, value) for key, value in named.items() if value), ("", DEFAULT))
    if chosen.startswith(SQLITE):
        path = str(Path(chosen.removeprefix(SQLITE)).absolute())
        if "?" in path or "%" in path:  # which SQLAlchemy takes for options and for codes of characters
            raise InvalidInput(f"{key or 'mlflow.db'}={chosen}: {path} must have neither ? nor % in it")
        return SQLITE + path
    if chosen.partition(":")[0].partition("+")[0] not in SCHEMES:  # postgresql+psycopg2://… names its driver too
        raise InvalidInput(
            f"{key}={without_password(chosen)}: must begin with one of {', '.join(SCHEMES)}; e.g. {DEFAULT}"
        )
    return chosen
