"""The figures of a study: each one for which there is data."""

from __future__ import annotations

import re

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.settings import by_size, settings
from synthmix.plots.heat_map import heat_map
from synthmix.plots.learning_curve import learning_curves
from synthmix.plots.panels import Picture
from synthmix.plots.quality import measured, quality_against_benefit
from synthmix.plots.study import difference_curves, ratio_curves

MIN_CURVE = 2  # sizes that make a learning curve


def figures(analysis: Analysis) -> list[Picture]:
    """Draws what the tables of an analysis have data for; each figure has a panel for each setting."""
    score = analysis.score.rpartition("/")[2]
    found = settings(analysis)
    pictures = []
    mixed = {setting.title: setting.summary for setting in found if (setting.summary["mix.ratio"] > 0).any()}
    compared = {title: rows for title, rows in mixed.items() if rows["difference"].notna().any()}
    if compared:
        pictures.append(difference_curves(compared, score))
    scored = {title: rows for title, rows in mixed.items() if rows["mean"].notna().any()}
    if scored:
        pictures.append(ratio_curves(scored, score))
    curves = {setting.title: (setting.summary, setting.curve) for setting in found if len(setting.curve) >= MIN_CURVE}
    if curves:
        pictures.append(learning_curves(curves, score))
    judged = {title: rows for title, rows in compared.items() if len(measured(rows))}
    if judged:
        pictures.append(quality_against_benefit(judged, score))
    for title, rows in by_size(found, analysis.learner).items():
        if rows.loc[rows["mix.ratio"] > 0, "difference"].notna().any():
            name = "heat_map_" + re.sub(r"\W+", "_", title).strip("_")
            pictures.append(heat_map(rows, score, title, name))
    return pictures
