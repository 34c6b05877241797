"""Keys of `study`: what a sweep asks of its cells. No cell depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from synthmix.config.cross_checks import Cell, OwnMetric
from synthmix.config.schema import Count, Range
from synthmix.metric import Metric


@dataclass(kw_only=True, frozen=True)
class StudyConfig:
    """How a study is judged.

    Attributes:
        score: the primary score on test, the one that is tested for significance; null takes the task's: of clustering
            ari, and silhouette where there are no labels.
        choose_by: the score on val that chooses a ratio; null takes the task's, which needs no labels; one that needs
            labels makes the choice supervised.
        block: cells that one job computes: auto puts together those that share data, seed and generator, cell gives
            each a job of its own, a number is the most of a job.
        learning_curve: parts of n at which real points alone are scored too; the study adds these cells itself.
    """

    score: str | None = None
    choose_by: str | None = None
    block: Literal["auto", "cell"] | Count = "auto"
    learning_curve: list[Annotated[float, Range(above=0, below=1)]] = field(default_factory=lambda: [0.25, 0.5, 0.75])

    def faults(self, cell: Cell) -> Iterator[str]:
        """A score that judges, and that the data has labels for."""
        metrics: dict[str, Metric | OwnMetric] = {**cell.task.metrics, **cell.metrics}
        judging = {name for name, metric in metrics.items() if metric.higher_is_better is not None}
        without = {name for name in judging if not metrics[name].needs_labels}
        for key, score in (("score", self.score), ("choose_by", self.choose_by)):
            if score is None:
                continue
            if score not in judging:
                yield f"study.{key}={score}: {_why_not(score, cell)}allowed: {', '.join(sorted(judging))}"
            elif score not in without and cell.outline.spec.n_classes is None:
                yield f"study.{key}={score}: the data has no labels; allowed: {', '.join(sorted(without))}"


def _why_not(score: str, cell: Cell) -> str:
    """Why a metric of the user's own is no score: nobody knows whether more of it is better."""
    if score not in cell.metrics:
        return ""
    return f"{cell.metrics[score]._target_}.higher_is_better must be True or False; "
