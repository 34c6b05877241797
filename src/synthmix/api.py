"""For notebooks: data sets and generators by name, without a Hydra application or an MLflow run."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from synthmix.composition import composer
from synthmix.config import check, instantiate, plain
from synthmix.data.base import Dataset
from synthmix.data.base_schema import SIZES
from synthmix.data.spec import DataSpec
from synthmix.generators.base import Generator
from synthmix.generators.trained import TrainedGenerator


def load_dataset(name: str, **options: Any) -> Dataset:
    """The data set of conf/data/<name>.yaml, e.g. ``load_dataset("mnist", root="data")``.

    Raises:
        InvalidInput: an unknown name or option, or a file that is missing or damaged.
    """
    node = _node("data", name, options)
    dataset: Dataset = instantiate({key: value for key, value in node.items() if key not in SIZES})
    return dataset


def make_generator(name: str, **options: Any) -> Generator:
    """The unfitted generator of conf/model/<name>.yaml, e.g. ``make_generator("vae", latent_dim=8)``.

    Raises:
        InvalidInput: an unknown name or option, or a value out of range.
    """
    generator: Generator = instantiate(_node("model", name, options))
    return generator


def load_generator(run: str, tracking_uri: str | None = None) -> TrainedGenerator:
    """The trained generator of an MLflow run (of the training itself or of a cell), or of a checkpoint file.

    Raises:
        InvalidInput: there is no such file or run, or the run has no trained generator.
    """
    if Path(run).is_file():
        return _load_checkpoint(Path(run))
    from synthmix.tracking import download_checkpoint, resolve_uri

    with TemporaryDirectory() as folder:
        return _load_checkpoint(download_checkpoint(resolve_uri(tracking_uri), run, Path(folder)))


def _load_checkpoint(path: Path) -> TrainedGenerator:
    content = torch.load(path, weights_only=True)
    generator: TrainedGenerator = instantiate(content["model"])
    spec = content["spec"] | {"shape": tuple(content["spec"]["shape"])}
    generator.prepare(DataSpec(**spec), content["seed"])
    generator.load_fitted(content["state"])
    return generator


def _node(group: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    with composer() as compose:
        config = compose([f"{group}={name}"])
        for key, value in options.items():
            config[group][key] = value
        if group == "data":
            check(config)
    node: dict[str, Any] = plain(config[group])
    return node
