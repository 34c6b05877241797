"""A trained generator on disk: weights and plain settings, no pickled object."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from synthmix.generators.trained import TrainedGenerator


def save_generator(generator: TrainedGenerator, node: dict[str, Any], path: Path) -> Path:
    """Writes the config node, the data's spec and the weights; returns `path`.

    The file loads with ``torch.load(path, weights_only=True)``.
    """
    content = {"model": node, "spec": asdict(generator.spec), "seed": generator.seed, "state": generator.state_dict()}
    torch.save(content, path)
    return path
