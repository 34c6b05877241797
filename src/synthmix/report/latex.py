r"""The summary as LaTeX, for a document that uses booktabs and graphicx: a table over data sets and one a setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.facts import SUPERVISED
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.statistics import ALPHA
from synthmix.analysis.words.answer import LABELS
from synthmix.analysis.words.sentences import listed
from synthmix.notation import (
    MINUS,
    attainable_p,
    exchange,
    general,
    interval,
    interval_of,
    lead,
    number,
    p_value,
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


POOLED_HEADS = (
    *("arm", "$r$", "mean effect", "95\\,\\% interval", "prediction interval", "P(gain)", "beyond copies", "$p$"),
    "verdict",
)
CLOSING = (r"    \bottomrule", r"  \end{tabular}}", r"\end{table}")


FIXED = (
    "intervals that hold for a whole column of the study at once (maximum of t by sign flips and bootstrap-t; those of "
    "controls are Student's, each by itself), and two-sided p of the step-down sign-flip test,"
)
SEQUENTIAL = (
    "confidence sequences that hold for a whole column of the study at once (by betting on signs; intervals of "
    "controls are Student's, each by itself), and anytime-valid two-sided p,"
)


def summary_tex(analysis: Analysis) -> str:
    """A table for each setting: mean ± sd, paired difference with its interval, lead over copies, p, verdict.

    Where there are verdicts over data sets, their table comes first.
    """
    lines = [r"% Needs \usepackage{booktabs,graphicx} in the preamble. Differences shown to help or to harm are bold."]
    lines += _pooled(analysis)
    for place, setting in enumerate(settings(analysis), start=1):
        lines += _table(setting, analysis, place)
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(ESCAPES.get(sign, sign) for sign in text)


def _pooled(analysis: Analysis) -> list[str]:
    """The verdicts over data sets: mean effect, intervals, probability of a gain."""
    if not len(analysis.pooled):
        return []
    names = listed(list(dict.fromkeys(name for one in analysis.over for name in one.data_sets)))
    relative = ", as shares of each data set's baseline" if any(one.relative for one in analysis.over) else ""
    margins = listed(sorted({number(one.judged.margin) for one in analysis.over}))
    caption = escaped(
        f"Over the data sets {names}: mean over data sets of the paired difference in {_scored(analysis)} to r = 0 on "
        f"held-out points{relative}, and beyond copies, with 95 % intervals by Hartung and Knapp, adjusted for all "
        f"pooled verdicts; prediction interval of the effect on a new data set and probability that it is a gain, each "
        f"by itself. Margin of equivalence: {margins}."
    )
    titles = [analysis.groups[one.judged.setting] for one in analysis.over]
    lines = _opening(caption, "pooled", "lrrllllrl", POOLED_HEADS)
    title = None
    for own, row in zip(titles, analysis.pooled.to_dict("records"), strict=True):
        if own != title:
            lines.append(r"    \midrule")
            if len(set(titles)) > 1:
                lines.append(f"    \\multicolumn{{{len(POOLED_HEADS)}}}{{@{{}}l}}{{{escaped(own)}}} \\\\")
        title = own
        lines.append(f"    {' & '.join(_pooled_cells(row))} \\\\")
    return [*lines, *CLOSING]


def _pooled_cells(row: dict[Any, Any]) -> list[str]:
    return [
        escaped(row["arm"]),
        general(row["mix.ratio"]),
        _emphasised(row["mean"], row["verdict"]),
        escaped(interval(row["simultaneous_low"], row["simultaneous_high"])),
        escaped(interval(row["prediction_low"], row["prediction_high"])),
        number(row["gain"], 2),
        escaped(lead(row)),
        escaped(p_value(row["p_adjusted"])),
        LABELS[row["verdict"]],
    ]


def _emphasised(difference: float, verdict: str) -> str:
    text = escaped(signed(difference))
    return f"\\textbf{{{text}}}" if verdict in ("helps", "harms") else text


def _scored(analysis: Analysis) -> str:
    """The primary score with its unit and direction."""
    unit = f" ({analysis.unit})" if analysis.unit else ""
    return f"{analysis.score.rpartition('/')[2]}{unit}{', the lower the better,' if analysis.sign < 0 else ''}"


def _opening(caption: str, label: str, columns: str, heads: Sequence[str]) -> list[str]:
    """A table up to the line of its heads."""
    return [
        "",
        r"\begin{table}",
        r"  \centering\footnotesize\setlength{\tabcolsep}{3pt}",
        f"  \\caption{{{caption}}}\\label{{tab:synthmix-{label}}}",
        r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        f"  \\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"    \toprule",
        f"    {' & '.join(heads)} \\\\",
    ]


def _table(setting: Setting, analysis: Analysis, place: int) -> list[str]:
    n, data = general(setting.keys["data.n_train"]), setting.keys["data.name"]
    margin = "" if pd.isna(setting.family["margin"]) else f" Margin of equivalence: {number(setting.family['margin'])}."
    if analysis.exploratory:
        tests = "95 % Student's t intervals, each by itself. Exploratory: selected cells, without tests. "
    else:
        tests = f"95 % {SEQUENTIAL if analysis.sequential else FIXED} adjusted for the study.{margin} "
    supervised = f" {SUPERVISED.format(learner=analysis.learner)}" if analysis.supervised else ""
    caption = escaped(
        f"{setting.title}: {_scored(analysis)} on held-out points with {n} real points of {data} and r synthetic ones "
        f"each, as mean ± sd over {general(setting.family['seeds'])} seeds; paired difference to r = 0, and beyond "
        f"copies, with {tests}p: placebo, o: oracle.{_tuning(setting)}{supervised}"
    )
    tuned = pd.notna(setting.family["tuning"])
    columns, heads = ("lrlrllrllr", (*HEADS, AS_CONFIGURED)) if tuned else ("lrlrllrll", HEADS)
    lines = _opening(caption, str(place), columns, heads)
    role = None
    for row in setting.summary.to_dict("records"):
        if row["role"] != role:
            lines.append(r"    \midrule")
        role = row["role"]
        cells = _cells(row, setting.family["smallest_p"])
        if tuned:
            cells.append(escaped(signed(row["configured"])))
        lines.append(f"    {' & '.join(cells)} \\\\")
    return [*lines, *CLOSING]


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
    return [
        escaped(row["arm"]) + MARKS.get(row["role"], ""),
        general(row["mix.ratio"]),
        escaped(spread(row["mean"], row["sd"])),
        _emphasised(row["difference"], row["verdict"]),
        escaped(interval(*interval_of(row))),
        escaped(lead(row)),
        escaped(attainable_p(row["p_adjusted"], smallest_p, ALPHA)) if pd.notna(row["p_adjusted"]) else "",
        LABELS[row["verdict"]] if row["verdict"] else "",
        escaped(exchange(row)),
    ]
