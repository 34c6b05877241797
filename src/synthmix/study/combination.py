"""What a cell was asked to be, arm and all: at ratio 0 several combinations are one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synthmix.config.cell import LEARNERS
from synthmix.pipeline.dependencies import WATCHED
from synthmix.stages.key import key_of

# Where a cell runs, is logged and kept, what a study makes of it and what is derived tells no combinations apart.
ELSEWHERE = ("hydra", "tracking", "paths", "study", "metrics")
IGNORED: dict[str, Sequence[str]] = {
    "data": ("root",),
    "trainer": [key.partition(".")[2] for key in WATCHED],
    "quality": ("alarms",),
}
TEST_DATA = "test_data"


def asked_for(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a plain config that tells combinations apart."""
    node = {key: value for key, value in config.items() if key not in ELSEWHERE}
    ignored = dict(IGNORED)
    if node.get("tuning") != "held_out":  # nothing is searched, and it is what it was before there was tuning
        node.pop("tuning", None)
        ignored |= {group: ["search"] for group in LEARNERS if group in node}
    if node["task"].get(TEST_DATA) is None:  # it is what it was before there was another set to be tested on
        ignored["task"] = (TEST_DATA,)
    distinct = {
        part: {key: value for key, value in node[part].items() if key not in left} for part, left in ignored.items()
    }
    return node | distinct


def left_out(config: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of a plain config: where a cell runs, is logged and kept, and what a study makes of it.

    The run below which it is logged is left out even so: it has another one when it is logged again.
    """
    distinct = asked_for(config)
    rest = {
        key: {name: setting for name, setting in value.items() if name not in distinct[key]}
        if key in distinct
        else dict(value)
        for key, value in config.items()
        if isinstance(value, Mapping) and key != "hydra"
    }
    return {key: value for key, value in rest.items() if value} | {
        "tracking": {**rest["tracking"], "parent_run_id": None}
    }


def combination_id(config: Mapping[str, Any]) -> str:
    """The key of a combination."""
    return key_of("combination", asked_for(config))


def arm_id(config: Mapping[str, Any]) -> str:
    """The key of a combination but for its seed: what is to be run on further seeds."""
    return key_of("arm", {key: value for key, value in asked_for(config).items() if key != "seed"})


def learner_name(config: Mapping[str, Any]) -> str:
    """Name of the learner of a plain config."""
    return str(next(config[group]["name"] for group in LEARNERS if group in config))
