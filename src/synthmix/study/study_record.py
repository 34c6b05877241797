"""What is logged of a study when it begins; its report adds what it has found."""

from __future__ import annotations

from datetime import datetime

from synthmix.study.record import Record
from synthmix.tracking.base import STUDY, RunRecord


def study_head(record: Record) -> RunRecord:
    """What is known of a study when it is asked for."""
    return RunRecord(
        kind="study",
        name=record.name,
        params={"experiment": record.experiment},
        tags={
            **record.environment,
            STUDY: record.name,
            "synthmix.command": record.commands[-1],
            "synthmix.cells": str(len(record.cells)),
        },
        started_ms=int(datetime.fromisoformat(record.created).timestamp() * 1000),
    )
