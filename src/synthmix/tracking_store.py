"""Opens an MLflow store: made once where it is missing, refused at once where it cannot be used.

MLflow itself would try again and again for minutes.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

# Read when mlflow is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from synthmix.errors import InvalidInput
from synthmix.tracking_uri import SQLITE


def open_store(uri: str, *, create: bool = True) -> MlflowClient:
    """A client of the store at `uri`, which `resolve_uri` gave; without `create` the store must be there.

    Raises:
        InvalidInput: the store cannot be reached or written.
    """
    try:
        if uri.startswith(SQLITE):
            path = Path(uri.removeprefix(SQLITE))
            if not create and not path.exists():
                raise InvalidInput(f"tracking.uri={uri}: no such file")
            _make_sqlite_store(path)
        elif uri.startswith("http"):
            _knock(uri)
        return MlflowClient(tracking_uri=uri)
    except (OSError, sqlite3.Error, MlflowException, ImportError) as error:  # the last for a missing database driver
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InvalidInput(f"tracking.uri={uri}: cannot be used ({reason})") from error


def _make_sqlite_store(path: Path) -> None:
    """Makes the database under another name and renames it, under a lock.

    A fresh store is migrated by each process that opens it: eight at once all fail.
    """
    if path.exists():
        _check_writable(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # The lock is named after the path, and outside of the user's folder, which it would litter.
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir()) / f"synthmix-{digest}.lock"):
        if not path.exists():
            _migrate(path)


def _migrate(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _check_writable(draft)
        MlflowClient(tracking_uri=f"{SQLITE}{draft}").search_experiments(max_results=1)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _check_writable(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        connection.execute("BEGIN IMMEDIATE")


def _knock(uri: str) -> None:
    """Raises OSError where nobody answers; whatever a server says, it is there."""
    with suppress(urllib.error.HTTPError):
        # An opener of its own: the one that urlopen keeps goes through the proxies that were set when it was made.
        urllib.request.build_opener().open(uri, timeout=10).close()
