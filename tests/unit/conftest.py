"""What tests of several modules stand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from synthmix.tracking.mlflow.tracker import Tracker


@pytest.fixture(scope="session")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    """A tracker over a store of its own, which takes a second to make."""
    return Tracker(f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db", "unit")


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Callable[[str], AbstractContextManager[None]]:
    """A block in which a line is logged that a pattern matches, or none where the pattern is empty."""

    @contextmanager
    def block(pattern: str) -> Iterator[None]:
        caplog.clear()
        yield
        lines = [record.getMessage() for record in caplog.records]
        assert any(re.search(pattern, line) for line in lines) if pattern else not lines, lines

    return block
