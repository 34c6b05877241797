"""A learned generator as weights and plain settings, on disk or in the store; no pickled object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar
from zipfile import is_zipfile

import torch

from synthmix.data.scaling import Scaling
from synthmix.errors import InvalidInput
from synthmix.generators.learned import LearnedGenerator
from synthmix.spec import DataSpec

GeneratorT = TypeVar("GeneratorT", bound=LearnedGenerator)


def checkpoint_content(generator: LearnedGenerator, node: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The data's spec, the seed and the weights of a finished fit, and where it is given the config node.

    The tensors are the generator's own, no copies.
    """
    content = {"spec": asdict(generator.spec), "seed": generator.seed, "state": generator.state_dict()}
    if generator.scaling is not None:
        content["scaling"] = vars(generator.scaling)
    return content if node is None else {"model": dict(node), **content}


def restore(generator: GeneratorT, content: Mapping[str, Any]) -> GeneratorT:
    """Makes an unfitted generator, built from the same config node, what `checkpoint_content` was taken of."""
    generator.prepare(DataSpec(**content["spec"]), content["seed"])
    generator.load_fitted(content["state"])
    if "scaling" in content:
        generator.scaling = Scaling(**content["scaling"])
    return generator


def save_generator(generator: LearnedGenerator, node: dict[str, Any], path: Path) -> Path:
    """Writes the content with the config node, under `model`; returns `path`.

    The file loads with ``torch.load(path, weights_only=True)``.
    """
    torch.save(checkpoint_content(generator, node), path)
    return path


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `save_generator` has written: content for `restore`, and the config node under `model`.

    Raises:
        InvalidInput: the file holds something else.
    """
    if not is_zipfile(path):  # torch answers such a file with errors of many kinds
        raise InvalidInput(f"{path}: not a checkpoint of torch")
    try:
        content = torch.load(path, weights_only=True)
    except (UnpicklingError, RuntimeError) as error:
        raise InvalidInput(f"{path}: not a checkpoint of weights and settings alone") from error
    if not isinstance(content, dict) or not {"model", "spec", "seed", "state"} <= content.keys():
        raise InvalidInput(f"{path}: not a checkpoint of a finished training")
    return content
