"""The tracking record of a cell, logged while it runs or later from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml

from synthmix.config.flat import flatten
from synthmix.config.sections.tracking import Part
from synthmix.pipeline.results import CellResult
from synthmix.study.asked import Asked
from synthmix.study.combination import combination_id, learner_name
from synthmix.tracking.base import REUSED_FROM, STUDY, RunRecord
from synthmix.tracking.environment import environment_tags, environment_text, without_environment

GENERATOR_RUN = "synthmix.generator_run"
PART = "synthmix.part"


def cell_head(asked: Asked, *, part: Part) -> RunRecord:
    """The record of a cell when it starts.

    Args:
        asked: what it is asked to be.
        part: of its study, what was asked for, or what it has added.
    """
    tags = {
        **environment_tags(),
        "synthmix.cell_key": asked.key,
        "synthmix.combination": combination_id(asked.config),
        "synthmix.data_digest": asked.digest,
    }
    if asked.test_digest is not None:
        tags["synthmix.test_data_digest"] = asked.test_digest
    if asked.study:
        tags |= {STUDY: asked.study, PART: part}
    return RunRecord(
        kind="cell",
        name=cell_name(asked.config, part),
        params=cell_params(asked),
        tags=tags,
        texts={
            "config.yaml": yaml.safe_dump(asked.whole_config, sort_keys=False, allow_unicode=True),
            "environment.txt": environment_text(),
        },
    )


def cell_params(asked: Asked) -> dict[str, Any]:
    """The dotted keys that a cell is asked for with."""
    return {"tuning": "none", **flatten(asked.config)}


def cell_record(
    asked: Asked,
    result: CellResult,
    environment: str,
    *,
    part: Part,
    is_own: bool,
    training: str | None = None,
    present: Callable[[str], str | None] = lambda source: source,
    started_ms: int | None = None,
    ended_ms: int | None = None,
) -> RunRecord:
    """A cell that has a result.

    Args:
        asked: what it is asked to be.
        result: what is known of it.
        environment: the text about the environment in which that was computed.
        part: of its study, what was asked for, or what it has added.
        is_own: whether it is the one that has computed the result.
        training: the run of its generator's training, if it is known.
        present: gives the run that stands now for one that computed something, None where there is none; words that
            name no run as they are.
        started_ms: since the Unix epoch, where it ran before now.
        ended_ms: likewise.
    """
    entry, payload = result.entry, result.entry.payload
    head = cell_head(asked, part=part)
    sources = {f"synthmix.stage.{stage}": source for stage, source in payload["sources"].items()}
    if not is_own and entry.producer is not None:
        sources[REUSED_FROM] = entry.producer
    tags = {**without_environment(head.tags), **payload["environment"], **result_tags(result)}
    tags |= {tag: found for tag, source in sources.items() if (found := present(source)) is not None}
    return replace(
        head,
        params={**head.params, **tuned_params(result)},
        tags=tags | ({GENERATOR_RUN: training} if training is not None else {}),
        metrics=result.metrics | {f"time/{stage}_s": seconds for stage, seconds in payload["seconds"].items()},
        texts={**head.texts, "environment.txt": environment},
        started_ms=started_ms,
        ended_ms=ended_ms,
    )


def cell_name(config: Mapping[str, Any], part: Part) -> str:
    """Name of a cell's run."""
    ratio, learner = config["mix"]["ratio"], learner_name(config)
    if part == "curve" and ratio == 0:
        return f"real points alone n={config['data']['n_train']} {learner} seed {config['seed']}"
    gate = "" if config["gate"]["name"] == "none" else f"{config['gate']['name']} "
    how = " as configured" if part == "configured" else ""
    return f"{config['model']['name']} {gate}r={ratio:g} {learner}{how} seed {config['seed']}"


def tuned_params(result: CellResult) -> dict[str, Any]:
    """The settings that tuning has chosen, `tuned.…`, and by which criterion."""
    if result.tuning is None:
        return {}
    chosen = {f"tuned.{key}": value for key, value in result.tuning["chosen"].items()}
    return {**chosen, "tuning.criterion": result.tuning["criterion"]}


def result_tags(result: CellResult) -> dict[str, str]:
    """Tags that tell of a cell's alarms, and why it has no scores."""
    tags = alarm_tags(result.alarms)
    return tags | ({"synthmix.unavailable": result.error} if result.error else {})


def alarm_tags(alarms: Mapping[str, str]) -> dict[str, str]:
    """Tags that tell of alarms, each with its reasons."""
    return {f"synthmix.alarm.{name}": reasons for name, reasons in alarms.items()}
