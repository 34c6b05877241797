"""requirements.lock pins what pyproject.toml asks for: all of it, nothing more, and for any machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
# What torch brings along where pip finds its build for CUDA; the lock leaves the choice of the build to pip.
CUDA = ("cuda-", "nvidia-", "triton")


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What the package, its developers and its build ask for."""
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    project = pyproject["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    others = [text for text in extras if Requirement(text).name != project["name"]]  # an extra may name other extras
    return [*project["dependencies"], *others, *pyproject["build-system"]["requires"]]


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = [line for line in (REPOSITORY / "requirements.lock").read_text().splitlines() if line[0] != "#"]
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), f"{line}: more or less than a public version"
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def test_each_pin_satisfies_what_is_asked(asked, pins):
    for requirement in map(Requirement, asked):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_lock_is_complete_and_has_nothing_that_is_not_needed(asked, pins, closure):
    needed = {name for name in closure(asked) if not name.startswith(CUDA)}
    assert needed == set(pins)
