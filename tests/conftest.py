"""What every test stands on: real data where it is, one thread, and a working folder of its own."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
WARM = Path(__file__).resolve().parent / "warm"
DATA = Path(os.environ.get("SYNTHMIX_DATA", REPOSITORY.parent / "shared" / "data"))

# The modules that thousands of tests need stay to the end: the garbage collector looks through them neither while they
# are imported nor in each test.
gc.disable()


def pytest_collection_finish() -> None:
    """Garbage is collected from here on, and what has been imported is left alone."""
    gc.collect()
    gc.freeze()
    gc.enable()


# Read when numpy and torch are imported, here and in the processes that tests start. Two test workers with two
# threads each on two cores are many times slower than with one each.
for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[pool] = "1"
# What umap needs is compiled in each process that fits one, for so few points that it does not pay to optimise it; kept
# apart from what a user's own fits have compiled.
os.environ["NUMBA_OPT"] = "0"
os.environ["NUMBA_CACHE_DIR"] = str(REPOSITORY / ".pytest_cache" / "numba")
# The processes that tests start leave their bytecode for the next ones, which compile the package once less each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Settings of the person who runs the tests must neither decide what they see nor receive what they log.
for setting in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "SYNTHMIX_ALLOW", "SYNTHMIX_DATA"):
    os.environ.pop(setting, None)

# A processor that is busy with something else is no fault of the code.
settings.register_profile("synthmix", settings(), deadline=None)
settings.load_profile("synthmix")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the real data sets, `<name>/<official file>`."""
    if not DATA.is_dir():
        pytest.skip(f"no real data in {DATA}: set SYNTHMIX_DATA to a folder laid out as DESIGN.md, section 4, says")
    return DATA


@pytest.fixture(scope="session", autouse=True)
def _shared_working_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where fixtures of a wider scope than one test work, so that none of them writes into the checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("session"))
        yield


@pytest.fixture(autouse=True)
def _own_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh folder, the environment put back afterwards, and one thread whatever the test before has set."""
    environment = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    yield
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture(scope="session")
def copied_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Makes a fresh sqlite store as `_migrate` does, which is called for the first and copied afterwards."""
    from synthmix.tracking.mlflow.store import _check_writable, _migrate

    template = tmp_path_factory.mktemp("store") / "empty.db"

    def make(path: Path) -> None:
        if not template.exists():
            _migrate(template)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _check_writable(draft)
            shutil.copyfile(template, draft)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)

    return make


@pytest.fixture(autouse=True)
def _stores_are_copied(copied_store: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh store costs a second of migrations, in each of hundreds of tests; tests/unit/tracking makes real ones."""
    monkeypatch.setattr("synthmix.tracking.mlflow.store._migrate", copied_store)


@dataclass(frozen=True)
class Warm:
    """A Python that has its imports behind it (tests/warm): `words` starts one, and so does `folder` on PATH."""

    folder: Path

    def words(self, *words: str) -> list[str]:
        """The command that does what `python WORDS` does."""
        return [str(self.folder / "python"), *words]


@contextmanager
def warmed(python: Path, folder: Path) -> Iterator[Warm]:
    """A Python, made warm for as long as the block runs; `folder` gets its commands `python` and `synthmix`."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen()
        number = listener.fileno()
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # which each client sends
        server = subprocess.Popen(
            [python, WARM / "server.py", str(number)], stdin=subprocess.PIPE, pass_fds=[number], cwd=folder, env=clean
        )
    for name, first in (("python", ""), ("synthmix", "-m synthmix")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {python} -IS {WARM}/client.py {folder}/socket {first} "$@"\n')
        script.chmod(0o755)
    try:
        yield Warm(folder)
    finally:
        server.communicate()


@pytest.fixture(scope="session")
def warm_python() -> Callable[[Path, Path], Any]:
    """`warmed`, for a Python other than that of the tests."""
    return warmed


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The Python of the tests, with its imports behind it."""
    with warmed(Path(sys.executable), tmp_path_factory.mktemp("warm")) as python:
        yield python
