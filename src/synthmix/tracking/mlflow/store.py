"""Opens an MLflow store: made once where it is missing, refused at once where it cannot be used.

MLflow itself would try again and again for minutes.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import socket
import sqlite3
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

os.environ.update(
    {
        # These are read when mlflow is imported.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        # MLflow's own have a cell wait four minutes for a server that is gone, and a quarter of an hour if it hangs.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
        **os.environ,
    }
)

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from synthmix.errors import InvalidInput
from synthmix.secrets import masked, without_password
from synthmix.tracking.uri import SQLITE

PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}  # of databases, where the URI names none


class StoreUnreachable(InvalidInput):
    """An MLflow store that cannot be reached or written; `reason` says why in a few words."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"tracking.uri={without_password(uri)}: cannot be used ({masked(reason)})")
        self.reason = masked(reason)


def open_store(uri: str, *, create: bool = True) -> MlflowClient:
    """A client of the store at `uri`, which `resolve_uri` gave; without `create` the store must be there.

    Raises:
        StoreUnreachable: the store cannot be reached or written.
        InvalidInput: it is not there.
    """
    with _refusing(uri):
        if uri.startswith(SQLITE):
            path = Path(uri.removeprefix(SQLITE))
            if not create and not path.exists():
                raise InvalidInput(f"tracking.uri={without_password(uri)}: no such file")
            _make_sqlite_store(path)
        else:
            probe(uri)
        return MlflowClient(tracking_uri=uri)


def probe(uri: str, timeout: float = 10) -> None:
    """Asks whether the store is there, at the cost of one short request.

    Raises:
        StoreUnreachable: nobody answers within so many seconds, a server answers with 5xx, a database refuses, a file
            is missing or locked.
    """
    address = urlsplit(uri)
    scheme = address.scheme.partition("+")[0]
    with _refusing(uri):
        if uri.startswith(SQLITE):
            path = Path(uri.removeprefix(SQLITE))
            path.stat()  # which sqlite would make
            _check_writable(path, timeout)
        elif scheme in ("http", "https"):
            _probe_server(uri, timeout)
        elif scheme in PORTS:
            if address.hostname is not None:  # which may be a socket file instead
                socket.create_connection((address.hostname, address.port or PORTS[scheme]), timeout).close()
            create_engine(uri, poolclass=NullPool).connect().close()


@contextmanager
def _refusing(uri: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except (OSError, sqlite3.Error, SQLAlchemyError, MlflowException, ImportError) as error:  # last: no driver
        raise StoreUnreachable(uri, next(iter(str(error).strip().splitlines()), type(error).__name__)) from error
    except ValueError as error:  # whose message would show a part of the address, perhaps of a password
        raise StoreUnreachable(uri, "no address of a server") from error


def _probe_server(uri: str, timeout: float) -> None:
    # An opener of its own: the one that urlopen keeps goes through the proxies that were set when it was made.
    address = urlsplit(uri)
    without_user = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
    request = urllib.request.Request(without_user)  # noqa: S310  `probe` has read that it is http or https
    if address.username is not None:  # which urllib would take for the host's name
        user = f"{unquote(address.username)}:{unquote(address.password or '')}"
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
    try:
        urllib.request.build_opener().open(request, timeout=timeout).close()
    except urllib.error.HTTPError as answer:
        if answer.code >= 500:  # a proxy whose server is gone; with any other answer somebody is there
            raise
    except http.client.HTTPException as nonsense:
        raise ConnectionError(f"no HTTP server: {nonsense!r}") from nonsense


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


def _check_writable(path: Path, timeout: float = 60) -> None:
    with closing(sqlite3.connect(path, timeout=timeout)) as connection:
        connection.execute("BEGIN IMMEDIATE")
