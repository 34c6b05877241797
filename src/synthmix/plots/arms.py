"""How the arms of a study look: generators in colour, controls in greys, placebo and oracle apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pandas as pd

from synthmix.plots.palette import colours

ROLES = ("generator", "placebo", "control", "oracle")  # the order in which arms stand
MARKERS = "oD^vPX"
PLACEBOS, ORACLE = "sp", "*"
SHIFTS = (0.025, -0.025, 0.075, -0.075)  # of the mean step between ratios
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Style:
    """Of one arm, the same in every picture; `shift` keeps the bars of controls from covering one another."""

    name: str
    colour: str
    marker: str
    line: Any
    width: float
    is_generator: bool
    shift: float = 0.0

    def mark(self, *, filled: bool = True) -> dict[str, Any]:
        """The keywords of `Axes.plot` that draw a mark of this arm."""
        size = 7.0 if self.marker == ORACLE else 6.0 if self.is_generator else 4.0
        inside = self.colour if filled else "white"
        return {
            "marker": self.marker,
            "markersize": size,
            "markerfacecolor": inside,
            "markeredgecolor": self.colour,
            "linestyle": "",
        }


def styles(summary: pd.DataFrame) -> dict[str, Style]:
    """A style for each arm of `Analysis.summary`, in the order generators, placebo, other controls, oracle."""
    arms = summary.loc[summary["role"].isin(ROLES), ["arm", "role"]].drop_duplicates("arm")
    by_role = {role: sorted(arms.loc[arms["role"] == role, "arm"]) for role in ROLES}
    generators = zip(
        by_role["generator"], colours(len(by_role["generator"]), greys=False), cycle(MARKERS), strict=False
    )
    found = {arm: Style(arm, colour, marker, "-", 2.0, True) for arm, colour, marker in generators}
    for number, arm in enumerate(by_role["placebo"]):
        line = (0, (4, 2, *(1, 2) * number))  # a dot more in the dashes of each
        found[arm] = Style(f"{arm} (placebo)", "0.2", PLACEBOS[number % 2], line, 1.4, False, -0.05 * (number + 1))
    for number, (arm, marker) in enumerate(zip(by_role["control"], cycle("<>vd"), strict=False)):
        found[arm] = Style(arm, "0.6", marker, "-", 0.9, False, SHIFTS[number % len(SHIFTS)])
    for arm in by_role["oracle"]:
        found[arm] = Style(f"{arm} (oracle)", "0.2", ORACLE, (0, (1, 1.5)), 1.4, False, 0.05)
    return found


def is_significant(row: Mapping[Any, Any]) -> bool:
    """Whether a row of `Analysis.summary` has a p below .05, adjusted for the study; rows without a test have none."""
    return bool(row["p_adjusted"] < SIGNIFICANT)
