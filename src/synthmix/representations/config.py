"""What the schemas of all representations share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Member


@dataclass(kw_only=True)
class RepresentationSchema(Member):
    """A representation; `fit_on` says what it is fitted on, and is read by the cell."""

    fit_on: Literal["train", "mixture"]
