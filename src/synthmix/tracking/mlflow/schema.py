"""Whether an MLflow store can be reached, and whether its database has the schema that this MLflow reads and writes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from mlflow.store import db_migrations
from sqlalchemy import NullPool, create_engine

from synthmix.errors import InvalidInput
from synthmix.secrets import without_password
from synthmix.tracking.mlflow.store import StoreUnreachable, probe

PROBE_S = 10.0


def reached(uri: str) -> str:
    """What is known of a store that is there; nothing is written to it.

    Raises:
        InvalidInput: it cannot be reached or written, or has another schema.
    """
    probe(uri, PROBE_S)
    if uri.startswith("http"):
        return "the server answers"
    with create_engine(uri, poolclass=NullPool).connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    head = _head()
    if found != head:
        raise InvalidInput(
            f"{without_password(uri)}: has the schema {found}, this MLflow {head}; "
            "copy it, then: mlflow db upgrade with its address"
        )
    return f"can be reached and written, schema {found} is that of this MLflow"


def check_makeable(uri: str, path: Path) -> None:
    """Raises StoreUnreachable where a database cannot be made at this path."""
    above = next(place for place in path.parents if place.exists())
    try:
        with tempfile.TemporaryFile(dir=above) as made:
            made.write(b"\0")
            made.flush()
    except OSError as error:
        raise StoreUnreachable(uri, f"{above} cannot be written: {error.strerror or error}") from error


def _head() -> str | None:
    """The newest revision of the migrations that came with MLflow."""
    config = Config()
    config.set_main_option("script_location", str(Path(db_migrations.__path__[0])))
    return ScriptDirectory.from_config(config).get_current_head()
