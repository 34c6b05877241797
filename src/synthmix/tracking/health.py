"""How the store that runs are logged to is, found without making or changing it."""

from __future__ import annotations

from pathlib import Path

from synthmix.tracking.uri import SQLITE


def state_of(uri: str) -> str:
    """What is known of an MLflow store, in a few words.

    Args:
        uri: what `resolve_uri` gave.

    Raises:
        InvalidInput: it cannot be reached or written, or its schema is not the one of the MLflow that is installed.
        ImportError: MLflow cannot be imported.
    """
    from synthmix.tracking.mlflow.schema import check_makeable, reached

    if uri.startswith(SQLITE) and not (path := Path(uri.removeprefix(SQLITE))).exists():
        check_makeable(uri, path)
        return "not there yet, the first run makes it"
    return reached(uri)
