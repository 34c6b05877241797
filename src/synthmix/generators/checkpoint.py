"""A stored generator on disk: weights and plain settings, no pickled object."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from synthmix.errors import InvalidInput
from synthmix.stages.storable import Storable
from synthmix.weights import NoWeightsError, read_weights


def save_generator(generator: Storable, node: Mapping[str, Any], path: Path) -> Path:
    """Writes what the generator has learnt with the config node that it was built from, under `model`; returns `path`.

    The file loads with ``torch.load(path, weights_only=True)``.
    """
    torch.save({"model": dict(node), **(generator.state() or {})}, path)
    return path


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `save_generator` has written: a state for `load_state`, and the config node under `model`.

    Raises:
        InvalidInput: the file holds something else.
    """
    try:
        content = read_weights(path)
    except NoWeightsError as error:
        raise InvalidInput(f"{path}: not a checkpoint of torch") from error
    except (UnpicklingError, RuntimeError) as error:
        raise InvalidInput(f"{path}: not a checkpoint of weights and settings alone") from error
    if not isinstance(content, dict) or not {"model", "spec"} <= content.keys():
        raise InvalidInput(f"{path}: not a checkpoint of a finished training")
    return content
