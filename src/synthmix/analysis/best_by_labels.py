"""What tuning without labels leaves on the table: its choice beside the candidate that labels would pick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import SettingCells, rows_of

COLUMNS = (
    *("by", "seeds", "configured", "configured_sd", "tuned", "tuned_sd", "chosen", "chosen_seeds"),
    *("best", "best_sd", "best_settings"),
)


def best_by_labels(result: StudyResult, settings: Sequence[SettingCells]) -> pd.DataFrame:
    """Real points alone as configured, tuned without labels, and with the one candidate that scores best on test.

    The last is supervised, and chosen on the very points that it is scored on: for comparison, and no baseline.

    Args:
        result: the study, with its candidates.
        settings: the cells of its settings.

    Returns:
        A row for each setting that was tuned and has labels: its keys, `by` (column of the score), `seeds`, the means
        over seeds `configured`, `tuned` and `best` with their standard deviations, `chosen`, the settings that were
        chosen most often, on `chosen_seeds`, and `best_settings`.
    """
    rows = [row for setting in settings for row in _row(result, setting)] if len(result.candidates) else []
    return pd.DataFrame(rows, columns=[*map(str, settings[0].keys), *COLUMNS])


def _row(result: StudyResult, setting: SettingCells) -> Iterator[dict[Any, Any]]:
    of_setting = rows_of(result.candidates, setting.keys)
    candidates = of_setting[of_setting["seed"].isin(setting.seeds)]
    if candidates.empty:
        return
    by = str(candidates.columns[-1])
    chosen = candidates[candidates["chosen"]]
    table = candidates.pivot_table(index="seed", columns="settings", values=by, sort=False).dropna(axis=1)
    if table.empty or chosen.empty:
        return
    sign = result.metrics[by.rpartition("/")[2]].sign
    best = str((sign * table.mean()).idxmax())
    counts = chosen["settings"].value_counts()
    configured = setting.configured[by] if by in setting.configured else pd.Series(dtype=float)
    yield {
        **setting.keys,
        "by": by,
        "seeds": len(table),
        "configured": configured.mean(),
        "configured_sd": configured.std(),
        "tuned": chosen[by].mean(),
        "tuned_sd": chosen[by].std(),
        "chosen": counts.index[0],
        "chosen_seeds": int(counts.iloc[0]),
        "best": table[best].mean(),
        "best_sd": table[best].std(),
        "best_settings": best,
    }
