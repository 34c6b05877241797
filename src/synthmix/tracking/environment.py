"""What a result was computed with: commit, versions, processor, every installed distribution."""

from __future__ import annotations

import getpass
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from synthmix.processor import processor_tags

PACKAGES = ("synthmix", "torch", "pytorch-lightning", "scikit-learn", "torchmetrics", "mlflow", "hydra-core", "numpy")


@cache
def environment_tags() -> Mapping[str, str]:
    """Git commit of the code (where it is a checkout), versions and processor, and who runs it."""
    tags = {f"version.{package}": importlib.metadata.version(package) for package in PACKAGES}
    tags |= processor_tags()
    tags |= {
        "user": getpass.getuser(),
        "version.python": platform.python_version(),
    }
    commit = _git_commit()
    return tags | ({"synthmix.git_commit": commit} if commit else {})


def without_environment(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that are not of today's environment."""
    return {key: text for key, text in tags.items() if key not in environment_tags()}


@cache
def environment_text() -> str:
    """Every installed distribution, the interpreter and the platform, as a text artifact."""
    installed = sorted({f"{d.name}=={d.version}" for d in importlib.metadata.distributions()}, key=str.lower)
    return "\n".join([f"# Python {platform.python_version()} on {platform.platform()}", *installed, ""])


def _git_commit() -> str | None:
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None
