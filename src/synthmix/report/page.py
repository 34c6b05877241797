"""The report as one self-contained HTML page, without external files, fonts or network."""

from __future__ import annotations

import base64
import io
import math
import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.analysis.words.answer import CAVEAT, LABELS, MEANINGS, answers, headline, margin, pooled_answers
from synthmix.notation import general
from synthmix.plots.panels import Picture
from synthmix.report.blind_test import blind_test
from synthmix.report.samples import Samples
from synthmix.report.tables import (
    ICONS,
    best_table,
    failure_table,
    family_table,
    labels_table,
    run_table,
    stage_table,
    summary_table,
)
from synthmix.secrets import without_password
from synthmix.study.answers import Judged


def page(
    result: StudyResult,
    analysis: Analysis,
    pictures: Sequence[Picture],
    samples: Sequence[Samples] = (),
    people: Mapping[str, Judged] = MappingProxyType({}),
) -> str:
    """The HTML of a report.

    Args:
        result: the study.
        analysis: of it.
        pictures: from `figures`, in their order.
        samples: of its generators, for the blind test.
        people: by arm, what people have answered in it.
    """
    environment = Environment(
        loader=PackageLoader("synthmix.report", "page_files"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.jinja").render(
        context(result, analysis, pictures)
        | {"blind_tests": [blind_test(result.name, one) for one in samples], "people": people}
    )


def context(result: StudyResult, analysis: Analysis, pictures: Sequence[Picture]) -> dict[str, Any]:
    """What the template reads."""
    verdicts = [*analysis.verdicts, *(one.judged for one in analysis.over)]
    kinds = [kind for kind in MEANINGS if any(one.verdict.kind == kind for one in verdicts)]
    return {
        "name": result.name,
        "score": analysis.score.rpartition("/")[2],
        "unit": analysis.unit,
        "lower_is_better": analysis.sign < 0,
        "needs_labels": result.metrics[result.score.rpartition("/")[2]].needs_labels,
        "learner": analysis.learner,
        "facts": facts(result),
        "notes_on_data": analysis.facts,
        "headline": headline(analysis),
        "margin": margin(analysis),
        "exploratory": result.exploratory,
        "sequential": result.sequential,
        "answers": answers(analysis),
        "pooled": pooled_answers(analysis),
        "caveat": CAVEAT if any(math.isfinite(one.pooled.gain) for one in analysis.over) else "",
        "relative": any(one.relative for one in analysis.over),
        "meanings": [(kind, LABELS[kind], MEANINGS[kind]) for kind in kinds],
        "icons": ICONS,
        "warnings": [*analysis.warnings, *result.notes],
        "summary": summary_table(analysis),
        "pictures": [(picture, embedded(picture.figure)) for picture in pictures],
        "best": best_table(analysis),
        "supervised": not analysis.best.empty and bool(analysis.best["supervised"].any()),
        "by_labels": labels_table(analysis),
        "family": family_table(analysis),
        "failures": failure_table(result),
        "stages": stage_table(result),
        "reused_cells": reused_cells(result.runs),
        "runs": run_table(result),
        "config": result.config,
        "commands": result.commands,
        "tracking_uri": result.tracking_uri and without_password(result.tracking_uri),
        "ui": f"MLFLOW_TRACKING_URI={shlex.quote(without_password(result.tracking_uri or ''))} synthmix ui",
    }


def facts(result: StudyResult) -> list[str]:
    """What the study is about, in a few words each."""
    cells = result.cells
    counts = cells["status"].value_counts()
    return [
        ", ".join(sorted(cells["data.name"].astype(str).unique())),
        *(f"tested on {name}" for name in sorted({one.test_data for one in result.sizes.values() if one.test_data})),
        f"n = {', '.join(general(n) for n in sorted(cells['data.n_train'].unique()))} real points",
        f"ratios {', '.join(general(ratio) for ratio in sorted(cells['mix.ratio'].unique()))}",
        f"{cells['seed'].nunique()} seeds",
        f"{len(cells)} cells: {', '.join(f'{count} {status}' for status, count in counts.items())}",
        *([f"{len(result.curve)} more for the learning curve"] if len(result.curve) else []),
    ]


def reused_cells(runs: pd.DataFrame) -> int:
    """Cells whose result another run has computed."""
    if not {"run_id", "computed_by"} <= set(runs):
        return 0
    return int((runs["computed_by"].notna() & (runs["computed_by"] != runs["run_id"])).sum())


def embedded(figure: Figure) -> str:
    """A figure as a data URI of an SVG with text as paths and a transparent background."""
    content = io.BytesIO()
    # Text as paths, so that no font is needed; a fixed hash salt, so that the SVG is reproducible.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "synthmix"}):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(content.getvalue()).decode()
