"""Which cells are the same cell."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig

from synthmix.config import plain
from synthmix.mixing import synthetic_count
from synthmix.stage_key import key_of

# Where things are logged or kept changes no number.
ELSEWHERE = ("hydra", "tracking", "paths")
TRAINER_ELSEWHERE = ("log_every", "grid_every", "checkpoint_every", "checkpoint_dir")
# Without a synthetic point neither the generator nor what is done with its points matters.
SYNTHETIC = ("model", "gate", "quality", "trainer")


def cell_key(config: DictConfig, digest: str, n_train: int) -> str:
    """The key of a cell over data with this digest, of which it trains on `n_train` points.

    At ratio 0 generator, gate and weight are not part of it: every arm shares one baseline.
    """
    node: dict[str, Any] = {key: value for key, value in plain(config).items() if key not in ELSEWHERE}
    node["data"] = {key: value for key, value in node["data"].items() if key != "root"} | {"digest": digest}
    node["trainer"] = {key: value for key, value in node["trainer"].items() if key not in TRAINER_ELSEWHERE}
    if synthetic_count(config.mix.ratio, n_train) == 0:
        node = {key: value for key, value in node.items() if key not in SYNTHETIC} | {"mix": "real points only"}
    return key_of("cell", node)
