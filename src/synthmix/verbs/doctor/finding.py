"""One line of what `synthmix doctor` says. Light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes:
        subject: what was looked at.
        state: ok; missing, what some runs need and others do without; fails, what no run does without.
        says: in one line.
    """

    subject: str
    state: Literal["ok", "missing", "fails"]
    says: str
