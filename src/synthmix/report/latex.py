r"""The summary as LaTeX: a table for each setting, for a document that uses booktabs and graphicx."""

from __future__ import annotations

from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.facts import SUPERVISED
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.statistics import ALPHA
from synthmix.analysis.words.answer import LABELS
from synthmix.notation import (
    MINUS,
    attainable_p,
    exchange,
    general,
    interval,
    interval_of,
    lead,
    number,
    signed,
    spread,
    with_interval,
)

ESCAPES = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "[": "{[}",  # after \\ it would begin an option
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    MINUS: "$-$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "∞": r"$\infty$",
    "…": r"\dots{}",
}
MARKS = {"placebo": r"\textsuperscript{p}", "oracle": r"\textsuperscript{o}"}
HEADS = (
    *("arm", "$r$", "mean $\\pm$ sd", "difference", "95\\,\\% interval", "beyond copies", "$p$", "verdict"),
    "exchange rate",
)
AS_CONFIGURED = "as configured"  # a last column, where the learner was tuned


FIXED = (
    "intervals that hold for a whole column of the study at once (maximum of t by sign flips and bootstrap-t; those of "
    "controls are Student's, each by itself), and two-sided p of the step-down sign-flip test,"
)
SEQUENTIAL = (
    "confidence sequences that hold for a whole column of the study at once (by betting on signs; intervals of "
    "controls are Student's, each by itself), and anytime-valid two-sided p,"
)


def summary_tex(analysis: Analysis) -> str:
    """A table for each setting: mean ± sd, paired difference with its interval, lead over copies, p, verdict."""
    lines = [r"% Needs \usepackage{booktabs,graphicx} in the preamble. Differences shown to help or to harm are bold."]
    for place, setting in enumerate(settings(analysis), start=1):
        lines += _table(setting, analysis, place)
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(ESCAPES.get(sign, sign) for sign in text)


def _table(setting: Setting, analysis: Analysis, place: int) -> list[str]:
    score = analysis.score.rpartition("/")[2]
    n, data = general(setting.keys["data.n_train"]), setting.keys["data.name"]
    margin = "" if pd.isna(setting.family["margin"]) else f" Margin of equivalence: {number(setting.family['margin'])}."
    if analysis.exploratory:
        tests = "95 % Student's t intervals, each by itself. Exploratory: selected cells, without tests. "
    else:
        tests = f"95 % {SEQUENTIAL if analysis.sequential else FIXED} adjusted for the study.{margin} "
    lower = ", the lower the better," if analysis.sign < 0 else ""
    score += f" ({analysis.unit})" if analysis.unit else ""
    supervised = f" {SUPERVISED.format(learner=analysis.learner)}" if analysis.supervised else ""
    caption = escaped(
        f"{setting.title}: {score} on held-out points{lower} with {n} real points of {data} and r synthetic ones each, "
        f"as mean ± sd over {general(setting.family['seeds'])} seeds; paired difference to r = 0, and beyond copies, "
        f"with {tests}p: placebo, o: oracle.{_tuning(setting)}{supervised}"
    )
    tuned = pd.notna(setting.family["tuning"])
    lines = [
        "",
        r"\begin{table}",
        r"  \centering\footnotesize\setlength{\tabcolsep}{3pt}",
        f"  \\caption{{{caption}}}\\label{{tab:synthmix-{place}}}",
        r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        f"  \\begin{{tabular}}{{@{{}}lrlrllrll{'r' if tuned else ''}@{{}}}}",
        r"    \toprule",
        f"    {' & '.join((*HEADS, AS_CONFIGURED) if tuned else HEADS)} \\\\",
    ]
    role = None
    for row in setting.summary.to_dict("records"):
        if row["role"] != role:
            lines.append(r"    \midrule")
        role = row["role"]
        cells = _cells(row, setting.family["smallest_p"])
        if tuned:
            cells.append(escaped(signed(row["configured"])))
        lines.append(f"    {' & '.join(cells)} \\\\")
    return [*lines, r"    \bottomrule", r"  \end{tabular}}", r"\end{table}"]


def _tuning(setting: Setting) -> str:
    """Both baselines of a learner that was tuned."""
    family = setting.family
    if pd.isna(family["tuning"]):
        return ""
    low, high = family["tuning_low"], family["tuning_high"]
    return (
        " The learner is tuned without labels on the real points alone; as configured these have "
        f"{number(family['as_configured'])}, to which tuning adds {with_interval(family['tuning'], low, high)}. As "
        "configured: difference to r = 0 with the learner as configured in both."
    )


def _cells(row: dict[Any, Any], smallest_p: float) -> list[str]:
    difference = escaped(signed(row["difference"]))
    if row["verdict"] in ("helps", "harms"):
        difference = f"\\textbf{{{difference}}}"
    return [
        escaped(row["arm"]) + MARKS.get(row["role"], ""),
        general(row["mix.ratio"]),
        escaped(spread(row["mean"], row["sd"])),
        difference,
        escaped(interval(*interval_of(row))),
        escaped(lead(row)),
        escaped(attainable_p(row["p_adjusted"], smallest_p, ALPHA)) if pd.notna(row["p_adjusted"]) else "",
        LABELS[row["verdict"]] if row["verdict"] else "",
        escaped(exchange(row)),
    ]
