"""The figures of a study: each one for which there is data."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.data_sets.summary import Ranking
from synthmix.analysis.settings import Setting, by_size, settings
from synthmix.analysis.words.answer import LABELS
from synthmix.notation import general, interval_of
from synthmix.plots.critical_difference import critical_difference
from synthmix.plots.forest import Panel, forest
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
    pictures += [_ranks(ranking, number) for number, ranking in enumerate(analysis.rankings)]
    panels = [panel for setting in found if (panel := _panel(setting)) is not None]
    if panels:
        pictures.append(forest(panels, score, higher_is_better=analysis.sign > 0))
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
    for title, rows in by_size(found, analysis).items():
        if rows.loc[rows["mix.ratio"] > 0, "difference"].notna().any():
            name = "heat_map_" + re.sub(r"\W+", "_", title).strip("_")
            pictures.append(heat_map(rows, score, title, name))
    return pictures


def _panel(setting: Setting) -> Panel | None:
    """The effects of a setting against its margin; None where nothing was judged."""
    rows = setting.summary[(setting.summary["mix.ratio"] > 0) & setting.summary["difference"].notna()]
    if math.isnan(setting.family["margin"]) or rows.empty:
        return None
    ends = [_finite(interval_of(row)) for row in rows.to_dict("records")]
    lines = rows[["arm", "mix.ratio", "difference"]].assign(
        difference_low=[low for low, _ in ends],
        difference_high=[high for _, high in ends],
        verdict=[LABELS.get(kind, "") for kind in rows["verdict"]],
    )
    tuning = setting.family["tuning"]
    return Panel(
        title=setting.title,
        lines=lines,
        margin=setting.family["margin"],
        as_configured=None if math.isnan(tuning) else -tuning,
    )


def _ranks(ranking: Ranking, number: int) -> Picture:
    ranks = ranking.ranks
    picture = critical_difference(
        ranks.arms, list(ranks.mean), ranks.groups, critical=ranks.critical, p=ranks.p, data_sets=ranks.data_sets
    )
    where = f"{ranking.title}, ratio {general(ranking.ratio)}"
    name = f"{picture.name}_{number}" if number else picture.name
    return replace(picture, name=name, title=f"{picture.title}: {where}")


def _finite(ends: Sequence[float]) -> tuple[float, float]:
    """The ends of an interval; none where one is infinite, as with too few seeds."""
    low, high = ends
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (math.nan, math.nan)
