r"""The summary as LaTeX: a table for each setting, for a document that uses booktabs and graphicx."""

from __future__ import annotations

from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.statistics import ALPHA
from synthmix.notation import MINUS, exchange, general, interval, p_value, signed, spread

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
HEADS = ("arm", "$r$", "mean $\\pm$ sd", "difference", "95\\,\\% interval", "$p_\\mathrm{Holm}$", "exchange rate")


def summary_tex(analysis: Analysis) -> str:
    """A table for each setting: mean ± sd, paired difference with its interval, adjusted p, exchange rate."""
    score = analysis.score.rpartition("/")[2]
    lines = [r"% \usepackage{booktabs,graphicx} in the preamble; significant differences are bold."]
    for number, setting in enumerate(settings(analysis), start=1):
        lines += _table(setting, score, number)
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(ESCAPES.get(sign, sign) for sign in text)


def _table(setting: Setting, score: str, number: int) -> list[str]:
    n, data = general(setting.keys["data.n_train"]), setting.keys["data.name"]
    caption = escaped(
        f"{setting.title}: {score} with {n} real points of {data} and r synthetic ones for each, as mean ± sd over "
        "seeds, paired difference to r = 0 with its 95 % interval, p after Holm's correction. p: placebo, o: oracle."
    )
    lines = [
        "",
        r"\begin{table}",
        r"  \centering\footnotesize\setlength{\tabcolsep}{3pt}",
        f"  \\caption{{{caption}}}\\label{{tab:synthmix-{number}}}",
        r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        r"  \begin{tabular}{@{}lrlrlrl@{}}",
        r"    \toprule",
        f"    {' & '.join(HEADS)} \\\\",
    ]
    role = None
    for row in setting.summary.to_dict("records"):
        if row["role"] != role:
            lines.append(r"    \midrule")
        role = row["role"]
        lines.append(f"    {' & '.join(_cells(row))} \\\\")
    return [*lines, r"    \bottomrule", r"  \end{tabular}}", r"\end{table}"]


def _cells(row: dict[Any, Any]) -> list[str]:
    difference = escaped(signed(row["difference"]))
    if row["p_holm"] < ALPHA:
        difference = f"\\textbf{{{difference}}}"
    return [
        escaped(row["arm"]) + MARKS.get(row["role"], ""),
        general(row["mix.ratio"]),
        escaped(spread(row["mean"], row["sd"])),
        difference,
        escaped(interval(row["difference_low"], row["difference_high"])),
        escaped(p_value(row["p_holm"])) if pd.notna(row["p_holm"]) else "",
        escaped(exchange(row)),
    ]
