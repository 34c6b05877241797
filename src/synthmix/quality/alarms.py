"""Alarms: what is plainly wrong with a generator, by limits on its quality and on its loss curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from synthmix.config.sections.alarms import AlarmsConfig

FINAL_SHARE = 0.2  # part of a training over which the discriminator's advantage is averaged
ADVANTAGE = "train/discriminator_advantage"
Curves = Mapping[str, Sequence[Sequence[float]]]


@dataclass(frozen=True)
class Check:
    """One reason for an alarm.

    Attributes:
        alarm: which one.
        value: what is looked at, by the name of its limit in the config.
        below: whether it is too low, or else too high.
        of_real: whether the limit is a share of what real points score; else it is what may come on top of that.
        means: what the value says of a generator that trips it.
    """

    alarm: str
    value: str
    below: bool
    of_real: bool
    means: str


CHECKS = (
    Check("mode_collapse", "coverage", True, True, "few real points have a synthetic one among their neighbours"),
    Check("mode_collapse", "modes_reached", True, True, "clusters of train are hardly ever sampled"),
    Check("mode_collapse", "holes", False, False, "regions of train have hardly a synthetic point"),
    Check("mode_collapse", "duplicate_share", False, False, "synthetic points repeat each other"),
    Check("memorisation", "authenticity", True, True, "synthetic points are near-copies of train"),
    Check("memorisation", "copied_8grams", False, False, "the texts have eight words in a row from train"),
    Check("divergence", "precision", True, True, "few synthetic points lie among real ones"),
    Check("discriminator_wins", "discriminator_advantage", False, False, "it tells real from fake and teaches no more"),
)
ALARMS = tuple(dict.fromkeys(check.alarm for check in CHECKS))


def alarms(scores: Mapping[str, float], training: Mapping[str, float], limits: AlarmsConfig) -> dict[str, list[str]]:
    """The alarms that can be judged, each with a line for every reason; without one it does not ring.

    - mode_collapse: coverage, share of the modes of train that are reached, holes, duplicates among the samples,
    - memorisation: authenticity, of texts the words that are copied from train,
    - divergence: precision,
    - discriminator_wins: how far D's loss is below its trivial loss (`Objective.trivial_loss`), averaged over the last
      fifth of a training; not judged for the Wasserstein loss, which has none.

    Args:
        scores: of `quality_scores`.
        training: of `training_values`; {} for a control.
        limits: beyond which an alarm rings.
    """
    values = {**scores, **training}
    found: dict[str, list[str]] = {}
    for check in CHECKS:
        if check.value in values:
            found.setdefault(check.alarm, []).extend(_reasons(check, values, getattr(limits, check.value)))
    return found


def _reasons(check: Check, values: Mapping[str, float], limit: float) -> list[str]:
    value, real = values[check.value], values.get(f"{check.value}_floor", 1.0 if check.of_real else 0.0)
    bound = limit * real if check.of_real else limit + real
    rings: Callable[[float, float], bool] = float.__lt__ if check.below else float.__gt__
    if not rings(float(value), float(bound)):
        return []
    share = f" ({limit:g} of the {real:.2g} of real points)" if check.of_real else ""
    side = "<" if check.below else ">"
    return [f"{check.value} {value:.2g} {side} {bound:.2g}{share}: {check.means}"]


def training_values(curves: Curves) -> dict[str, float]:
    """What the alarms look at of a training.

    Args:
        curves: of its losses, (step, value) by name; {} for a control.
    """
    loss = ADVANTAGE.partition("/")[2]  # of one training, or of one for each class, where the greatest counts
    found = [fmean(_final(points)) for name, points in curves.items() if name.endswith(f"/{loss}") and points]
    return {"discriminator_advantage": max(found)} if found else {}


def _final(points: Sequence[Sequence[float]]) -> list[float]:
    """The values of a curve at the end of its training."""
    last = max(step for step, _ in points)
    return [value for step, value in points if step > (1 - FINAL_SHARE) * last]
