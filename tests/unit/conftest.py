"""What tests of several modules stand on."""

from __future__ import annotations

import pytest

from synthmix.tracking import Tracker


@pytest.fixture(scope="session")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    """A tracker over a store of its own, which takes a second to make."""
    return Tracker(f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db", "unit")
