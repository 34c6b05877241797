"""What an arm is to a study: a generator to be judged, or one of the controls that it is judged against."""

from __future__ import annotations

from typing import Literal

Role = Literal["baseline", "generator", "placebo", "control", "oracle"]
CONTROLS: dict[str, Role] = {
    "duplicate": "placebo",
    "bootstrap": "placebo",
    "jitter": "control",
    "smote": "control",
    "real": "oracle",
    "truth": "oracle",
}


def role_of(model: str, ratio: float) -> Role:
    """The role of `model.name` at a ratio; at ratio 0 every arm is the baseline."""
    return "baseline" if ratio == 0 else CONTROLS.get(model, "generator")
