"""What is logged of the training of a generator, while it runs and whenever it is logged again from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import yaml

from synthmix.config.flat import flatten
from synthmix.stages.key import key_of
from synthmix.tracking.base import STUDY, DataUsed, RunRecord
from synthmix.tracking.environment import environment_tags, environment_text, without_environment
from synthmix.weights import write_weights

NOT_PARAMETERS = ("code", "versions", "flow")  # of what a training depends on: tags say it
CHECKPOINT = "checkpoint/generator.pt"


def training_head(depends_on: Mapping[str, Any], study: str | None) -> RunRecord:
    """What is known of a training when it begins.

    Args:
        depends_on: what its stage depends on.
        study: that has asked for it; None for a single cell.
    """
    of_classes = " for each class" if depends_on.get("labels") == "per_class" else ""
    tags = {
        **environment_tags(),
        "synthmix.stage_key": key_of("generator", depends_on),
        "synthmix.data_digest": str(depends_on["data"]["digest"]),
    }
    return RunRecord(
        kind="generator",
        name=f"{depends_on['model']['name']}{of_classes} seed {depends_on['seed']}",
        params=flatten(asked_for(depends_on)),
        tags=tags | ({STUDY: study} if study else {}),
        texts={
            "config.yaml": yaml.safe_dump(asked_for(depends_on), sort_keys=False, allow_unicode=True),
            "environment.txt": environment_text(),
        },
    )


def asked_for(depends_on: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the config that a training depends on."""
    return {key: value for key, value in depends_on.items() if key not in NOT_PARAMETERS}


def training_record(
    depends_on: Mapping[str, Any],
    payload: Mapping[str, Any],
    environment: str,
    *,
    scores: Mapping[str, float] | None = None,
    alarms: Mapping[str, str] | None = None,
    started_ms: int | None = None,
    ended_ms: int | None = None,
) -> RunRecord:
    """A training that is over.

    Args:
        depends_on: what its stage depends on.
        payload: what is stored of it.
        environment: the text about the environment in which it ran.
        scores: `quality/…` of its samples, as far as they have been judged.
        alarms: tags of those that ring over them.
        started_ms: since the Unix epoch, where it ran before now.
        ended_ms: likewise.
    """
    head = training_head(depends_on, payload["study"])
    return replace(
        head,
        tags={**without_environment(head.tags), **payload["environment"], **(alarms or {})},
        metrics={"time/generator_s": payload["seconds"], **(scores or {})},
        curves=payload["curves"],
        texts={**head.texts, "environment.txt": environment},
        files={} if payload["content"] is None else {CHECKPOINT: partial(write_weights, payload["content"])},
        data=[DataUsed(**payload["data"])],
        started_ms=started_ms,
        ended_ms=ended_ms,
    )
