"""What is written down of the environment."""

from __future__ import annotations

import getpass
import importlib.metadata
import platform
import subprocess
from pathlib import Path

from mlflow import MlflowClient

from synthmix.tracking.base import RunRecord
from synthmix.tracking.environment import environment_tags, environment_text
from synthmix.tracking.mlflow.tracker import Tracker

REPOSITORY = Path(__file__).resolve().parents[3]


def test_every_run_names_the_environment_of_its_process(tracker: Tracker) -> None:
    with tracker.open(RunRecord(kind="cell", name="environment", tags=environment_tags())) as run:
        pass
    tags = MlflowClient(tracker.uri).get_run(run.id).data.tags
    assert tags["mlflow.user"] == getpass.getuser()
    assert tags.items() >= {key: text for key, text in environment_tags().items() if key != "user"}.items()
    for package in ("synthmix", "torch", "mlflow", "hydra-core", "pytorch-lightning", "scikit-learn", "torchmetrics"):
        assert tags[f"version.{package}"] == importlib.metadata.version(package)
    assert tags["version.python"] == platform.python_version()
    head = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert tags["synthmix.git_commit"].removesuffix("-dirty") == head.stdout.strip()


def test_the_environment_text_can_be_installed_again() -> None:
    lines = environment_text().splitlines()
    assert lines[0].startswith(f"# Python {platform.python_version()} on ")
    assert {f"{name}=={importlib.metadata.version(name)}" for name in ("torch", "numpy", "omegaconf")} <= set(lines)
    assert all("==" in line for line in lines[1:])
