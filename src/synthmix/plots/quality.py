"""Whether good samples are useful samples: quality of a generator's points against what they change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from synthmix.notation import general, signed
from synthmix.plots.arms import is_significant, styles
from synthmix.plots.palette import INK
from synthmix.plots.panels import Picture, grid, legend_below, name_axes


def quality_against_benefit(panels: Mapping[str, pd.DataFrame], score: str) -> Picture:
    """Fréchet distance of each arm's points against the paired difference, a mark for each ratio.

    Args:
        panels: rows of `Analysis.summary`, by the title of their panel.
        score: name of the primary score.
    """
    panels = {title: measured(rows) for title, rows in panels.items()}
    everything = pd.concat(panels.values(), ignore_index=True)
    looks = styles(everything)
    largest = everything["mix.ratio"].max()
    figure, all_axes = grid(list(panels))
    for axes, rows in zip(all_axes, panels.values(), strict=True):
        axes.axhline(0, color=INK, linewidth=1.0, zorder=1)
        for arm, of_arm in rows.sort_values("mix.ratio").groupby("arm"):
            look = looks[str(arm)]
            axes.plot(of_arm["fd"], of_arm["difference"], color=look.colour, linewidth=look.width / 2, zorder=2)
            for row in of_arm.to_dict("records"):
                mark = look.mark(filled=is_significant(row) or not look.is_generator)
                mark["markersize"] *= 0.6 + np.sqrt(row["mix.ratio"] / largest)
                axes.plot(row["fd"], row["difference"], **mark, zorder=4 if look.is_generator else 3)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: general(value))
        axes.xaxis.set_minor_formatter(lambda value, _: general(value) if f"{value:.0e}"[0] in "25" else "")
        axes.tick_params(which="minor", labelcolor=INK, labelsize=9, color="0.7")
    name_axes(all_axes, "Fréchet distance of the synthetic points (better to the left)", f"difference in {score}")
    legend_below(figure, looks.values())
    return Picture(
        name="quality_benefit",
        title="Do better samples help more?",
        figure=figure,
        alt=_alt(everything, score),
        caption="Each string of marks is an arm, a mark for each ratio, larger for a larger one; filled marks of a "
        "generator are significant after adjustment for all tests of the study. To the left are points that resemble "
        "real ones that the generator has not seen; above zero are points that help.",
    )


def measured(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have both a quality and a difference."""
    return rows[(rows["mix.ratio"] > 0) & (rows["fd"] > 0) & rows["difference"].notna()]


def _alt(rows: pd.DataFrame, score: str) -> str:
    generators = rows[rows["role"] == "generator"]
    texts = [
        f"{arm}: distance {general(of_arm['fd'].mean())}, differences in {score} from "
        f"{signed(of_arm['difference'].min())} to {signed(of_arm['difference'].max())}"
        for arm, of_arm in generators.groupby("arm")
    ]
    return f"Quality against benefit for {rows['arm'].nunique()} arms. {'; '.join(texts)}."
