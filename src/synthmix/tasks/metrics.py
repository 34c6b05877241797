"""Scores that tasks have in common. Light: imports nothing heavy."""

from __future__ import annotations

import math

from synthmix.metric import HeldOut, Metric
from synthmix.tasks.outputs import HELD_OUT_LOSS


def _mean_loss(held_out: HeldOut) -> float:
    losses = held_out.outputs.get(HELD_OUT_LOSS)
    return math.nan if losses is None else float(losses.mean())


# The mean over the held-out points of what the learner itself minimises, in its own unit; NaN where it has no loss.
MEAN_HELD_OUT_LOSS = Metric(score=_mean_loss, higher_is_better=False, in_represented_space=True)
