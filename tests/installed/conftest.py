"""The built wheel, and an environment that holds it with what it declares and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = ("hydra_plugins",)  # a folder of several distributions, of which a user may have one and lack another
Closure = Callable[[Iterable[str]], dict[str, Distribution]]


@dataclass(frozen=True)
class Environment:
    """A virtual environment; `run` starts one of its commands, or another by its path, in the test's own folder."""

    folder: Path

    def run(self, command: str | Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return subprocess.run(
            [self.folder / "bin" / command, *arguments],
            env=clean | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )


def installed_closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """The distributions that the requirements stand for and need, as they are installed here, by canonical name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found[name] = distribution(name)
        for wanted in {("", name), *((extra, name) for extra in requirement.extras)} - seen:
            seen.add(wanted)
            waiting += [(Requirement(text), wanted[0]) for text in found[name].requires or []]
    return found


@pytest.fixture(scope="session")
def closure() -> Closure:
    return installed_closure


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(REPOSITORY)], check=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A new virtual environment with the wheel and the dependencies that the wheel declares.

    Installing a gigabyte of dependencies takes minutes, so they are links to the copies installed here. Only what
    the wheel asks for is linked: a dependency that it forgot to declare is missing, as it would be for a user.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, timeout=300)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (installed,) = distributions(path=[str(site_packages)])
    for dependency in installed_closure(installed.requires or []).values():
        for parts in {file.parts[: 2 if file.parts[0] in SHARED else 1] for file in dependency.files or []}:
            link = site_packages.joinpath(*parts)
            if parts[0] not in ("..", "__pycache__") and not link.exists():
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(dependency.locate_file("/".join(parts)))
    return Environment(folder)
