"""Whether an MLflow store answers: what counts as an outage, and how long a store that is away is left alone.

MLflow is a projection of what the stages hold, so that its absence fails nothing: it is reported once, and what it
has missed is logged later.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import cache, cached_property
from http.client import HTTPException
from itertools import takewhile
from typing import TypeVar

import requests
import urllib3.exceptions
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from synthmix.disk import is_disk_fault
from synthmix.secrets import masked, without_password
from synthmix.signals import signals_held_back
from synthmix.tracking.mlflow.store import StoreUnreachable, open_store, probe

T = TypeVar("T")
PAUSE = 30.0  # seconds for which a store that was away is not asked again
PROBE = 3.0  # seconds within which it must answer when it is asked whether it is back

# What the clients of servers and databases raise where the connection is at fault.
OUTAGES = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.RetryError,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
    ConnectionError,
    TimeoutError,
    OperationalError,  # a server that has gone, a file that stays locked, a full disk
    InterfaceError,
)
# A token that runs out in the night, or a limit on requests, must not fail the cells of a study either.
REFUSALS = (401, 403, 408, 429)
GATEWAY = (502, 503, 504)

logger = logging.getLogger("synthmix.tracking")


class StoreAway(Exception):
    """The store does not answer now; the message says why."""


class Connection:
    """The way to one store, shared by all runs.

    Args:
        uri: what `resolve_uri` gave.

    Attributes:
        outage: why the store was away last, and what follows, in one line; None where it never was.
    """

    def __init__(self, uri: str) -> None:
        _quieten()
        self.uri = uri
        self.outage: str | None = None
        self._reason: str | None = None  # while it is away
        self._asked = 0.0
        self._warned = False  # since a request was answered last

    @cached_property
    def client(self) -> MlflowClient:
        """A client of the store. Raises StoreUnreachable where it cannot be reached or written."""
        return open_store(self.uri)

    def ask(self, request: Callable[[], T], *, at_once: bool = False) -> T:
        """What a request gives. Signals wait for a database, which would stay locked; a server can be slow to answer.

        Args:
            request: asks the store.
            at_once: whether a store that was away is asked anew, however short ago that was.

        Raises:
            StoreAway: the store is away.
        """
        waiting = not at_once and time.monotonic() - self._asked < PAUSE
        if self._reason is not None and (waiting or not self.answers()):
            raise StoreAway(self._reason)
        try:
            with nullcontext() if self.uri.startswith("http") else signals_held_back():
                answer = request()
        except Exception as error:
            reason = outage_reason(error)
            if reason is None:
                raise
            self._note_outage(reason)
            raise StoreAway(masked(reason)) from error
        self._warned = False
        return answer

    def answers(self) -> bool:
        """Whether the store is there; one that was away is asked anew, however short ago that was."""
        if self._reason is not None:
            self._asked = time.monotonic()
            try:
                probe(self.uri, PROBE)
            except StoreUnreachable:
                return False
            self._reason = None
        return True

    def _note_outage(self, reason: str) -> None:
        """Remembers that the store is away, and warns of it, once until a request is answered again."""
        reason = masked(reason)
        self._reason, self._asked = reason, time.monotonic()
        if not self._warned:
            self._warned = True
            self.outage = (
                f"{without_password(self.uri)}: MLflow is away ({reason}); the work goes on; it can be logged later"
            )
            logger.warning(self.outage)


@cache
def connection_to(uri: str) -> Connection:
    """The one connection of this process, so that an outage is reported once."""
    return Connection(uri)


def outage_reason(error: BaseException) -> str | None:
    """Why the store is away, in a few words; None where the connection is not at fault."""
    if isinstance(error, StoreUnreachable):
        return error.reason
    # A run is also closed while an error of the cell is handled, which is then at the end of the chain.
    links = list(takewhile(_is_of_the_client, _chain(error)))
    return _in_words(links[-1]) if any(map(_is_outage, links)) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _is_of_the_client(error: BaseException) -> bool:
    return isinstance(error, MlflowException | OSError | urllib3.exceptions.HTTPError | SQLAlchemyError)


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError):  # of an upload
        return error.response is not None and (
            error.response.status_code in REFUSALS or error.response.status_code >= 500
        )
    if isinstance(error, MlflowException):
        # 500 is also what MLflow gives to errors of its own that have no better number.
        status: int = error.get_http_status_code()  # type: ignore[no-untyped-call]
        return status in (*REFUSALS, *GATEWAY) or (isinstance(error, RestException) and status >= 500)
    return isinstance(error, OUTAGES) or (is_disk_fault(error) and not isinstance(error, PermissionError))


def _in_words(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return _in_words(error.orig) if error.orig else str(error)
    if isinstance(error, HTTPException | urllib3.exceptions.ProtocolError):  # in the middle of an answer
        return "the connection broke off"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return next(iter(words.strip().splitlines()), type(error).__name__)


def _quieten() -> None:
    """Silences what MLflow and its clients log of migrations and retries, among which a result would be lost."""
    for name in ("alembic", "mlflow.tracking"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=FutureWarning, module="mlflow")
