"""The best ratio of an arm: chosen on val, reported on test, so that no seed's luck enters its own report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.analysis.comparison import Arm, Comparison
from synthmix.analysis.result import StudyResult
from synthmix.analysis.statistics import t_interval

COLUMNS = (
    *("arm", "role", "chosen_by", "supervised", "ratio", "agreement", "val", "seeds"),
    *("mean", "difference", "difference_low", "difference_high"),
)


def best_ratios(blocks: Sequence[Comparison], result: StudyResult) -> pd.DataFrame:
    """The ratio of each arm with the best mean of a score on val, ratio 0 being one of them, and what choosing gives.

    Val and test of a seed are scored with the same fitted learner: a ratio that the seeds' luck has lifted on val it
    has lifted on test too, so that its plain difference on test comes out too high. Hence no seed has a say in its own
    report: each half of the seeds is scored on test at the ratio that the other half chooses on val. Without an effect
    that difference is zero on average, however many ratios there are to choose from, and its interval covers zero in
    95 % of simulated studies (ten seeds, eight ratios; 90 % where each seed is scored at the choice of all others).

    Args:
        blocks: of one study.
        result: the study, which says by which score on val a ratio is chosen.

    Returns:
        A row for each block and arm with two seeds or more of every ratio that could be computed: the keys of the block
        and the arm, `arm`, `role`, `chosen_by`, `supervised` (the score needs labels), `ratio` and `val` (its mean
        there), `agreement` (share of the seeds that are scored at that ratio too: 0, about a half, or 1), `seeds`,
        `mean` on test, `difference` to ratio 0 with its 95 % t interval; NaN where ratio 0 is the choice of all and of
        both halves. Empty where nothing chooses.
    """
    rows = [row for block in blocks for arm in block.arms for row in _row(block, arm, result)]
    keys = list(dict.fromkeys(key for block in blocks for arm in block.arms for key in (*block.keys, *arm.keys)))
    return pd.DataFrame(rows, columns=[*keys, *COLUMNS])


def _row(block: Comparison, arm: Arm, result: StudyResult) -> Iterator[dict[Any, Any]]:
    if result.choose_by is None:
        return
    metric = result.metrics[result.choose_by]
    val, test = (_by_ratio(block, arm, column) for column in (f"val/{result.choose_by}", block.score))
    ratios = [ratio for ratio in val if ratio in test]
    seeds = val[ratios].dropna().index.intersection(test[ratios].dropna().index)
    if len(ratios) < 2 or ratios[0] != 0 or len(seeds) < 2:
        return
    on_val, on_test = (table.loc[seeds, ratios].to_numpy() for table in (val, test))
    best, crossed = choices(metric.sign * on_val)
    scores = on_test[np.arange(len(seeds)), crossed]
    difference = scores - on_test[:, 0]
    interval = t_interval(difference)
    yield {
        **block.keys,
        **arm.keys,
        "arm": arm.name,
        "role": arm.role,
        "chosen_by": result.choose_by,
        "supervised": metric.needs_labels,
        "ratio": ratios[best],
        "agreement": (crossed == best).mean(),
        "val": on_val[:, best].mean(),
        "seeds": len(seeds),
        "mean": scores.mean(),
        **(
            {"difference": difference.mean(), "difference_low": interval.low, "difference_high": interval.high}
            if best or crossed.any()
            else {}
        ),
    }


def _by_ratio(block: Comparison, arm: Arm, column: str) -> pd.DataFrame:
    """A metric, (seeds, ratios), of the ratios that have it, ratio 0 first."""
    cells = {0.0: block.real} | {ratio: arm.at(ratio) for ratio in arm.ratios}
    scores = {ratio: of_ratio[column].dropna() for ratio, of_ratio in cells.items() if column in of_ratio}
    return pd.DataFrame({ratio: of_ratio for ratio, of_ratio in scores.items() if len(of_ratio)})


def choices(val: NDArray[np.float64]) -> tuple[int, NDArray[np.intp]]:
    """The column of `val` (S, R), S from 2, with the highest mean, and for each row (S,) that of the other half's rows.

    Rows of even and of odd number are the halves; of equal columns the first is chosen.
    """
    halves = np.arange(len(val)) % 2
    of_half = np.array([val[halves == half].mean(axis=0).argmax() for half in (0, 1)])
    return int(val.mean(axis=0).argmax()), of_half[1 - halves]
