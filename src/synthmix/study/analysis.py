"""What a study says: effects with their intervals, tests, exchange rates and the best ratio, from its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from synthmix.study.result import StudyResult


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The tables of a report. A *block* is everything but the arm, the ratio and the seed.

    The keys of a block are `clusterer.name`, `representation.name`, `data.name`, `data.n_train` and those other
    settings that vary and are not the arm's; an *arm* is a model with its settings (`model.…`, `gate.…`, `trainer.…`,
    `mix.…` but the ratio).

    Attributes:
        score: column of the primary score, `cluster/ari` for instance.
        summary: a row for each combination of the keys but the seed: the keys, `arm`, `role` (baseline, generator,
            placebo, control, oracle), `seeds`, `mean`, `sd`, `low`, `high`, `difference`, `difference_sd`,
            `difference_low`, `difference_high`, `p`, `p_holm`, `exchange`, `exchange_low`, `exchange_high`,
            `exchange_status` (identified, at least, at most, not identified), `exchange_reason`, `fd`.
        curve: a row for each block, number of real points and source: the keys of the block, `n`, `source` (real only,
            oracle), `seeds`, `mean`, `sd`, `low`, `high`, `fitted`.
        best: a row for each block and arm: its keys, `arm`, `role`, `chosen_by`, `supervised`, `ratio`, `val` (mean of
            the choosing score at that ratio), `seeds`, `mean`, `difference`, `difference_low`, `difference_high`.
        family: a row for each block: its keys, `tests`, `seeds`, `smallest_p`, `seeds_needed`.
        warnings: what a reader must know, a line each.
    """

    score: str
    summary: pd.DataFrame
    curve: pd.DataFrame
    best: pd.DataFrame
    family: pd.DataFrame
    warnings: Sequence[str]


def analyse(result: StudyResult) -> Analysis:
    """Computes every table of a report from a study's cells."""
    raise NotImplementedError
