"""What a generator is to a study: a model to be judged, or one of the controls that it is judged against."""

from __future__ import annotations

from typing import Literal

Role = Literal["generator", "placebo", "control", "oracle"]
