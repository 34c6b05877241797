"""Keys of `study`: what a sweep asks of its cells. No cell depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from synthmix.config.cross_checks import Cell, OwnMetric
from synthmix.config.schema import Count, Positive, Range
from synthmix.metric import Metric

MAX_SEEDS = 30  # of a sequential study
MAX_CELLS = 5000  # of a sweep, unless it says otherwise
DESIGN = ("margin", "seeds_planned", "sequential")  # decided before the run, and of the study's identity


@dataclass(kw_only=True, frozen=True)
class StudyConfig:
    """How a study is judged.

    Attributes:
        score: the primary score on test, the one that is tested for significance; null takes the first of the task's
            that every cell has: of clustering ari, and where there are no labels held_out_loss, or prediction_strength
            of learners that have no loss.
        choose_by: the score on val that chooses a ratio; null takes the first of the task's that every cell has, which
            needs no labels: of clustering held_out_loss, prediction_strength, silhouette; one that needs labels makes
            the choice supervised.
        block: cells that one job computes: auto puts together those that share data, seed and generator, and joins
            small blocks as long as all workers have their share; cell gives each a job of its own; a number is the
            most of a job.
        learning_curve: parts of n at which real points alone are scored too; the study adds these cells itself, and
            with them those of the oracle up to twice the largest mixture. Empty for none of them.
        margin: the smallest difference of the primary score that matters, in its own unit; null takes .02 for a score
            from 0 or -1 to 1, and for a loss two parts in a hundred of the baseline's mean.
        seeds_planned: seeds of the analysis: the first that are asked for count, and more change nothing; null takes
            those of the first command.
        sequential: whether the study is tested at every look, by a test that admits that, in place of once.
        max_seeds: of a sequential study, the most; null is 30.
        max_cells: the most that a sweep may ask for, which is known before they are enumerated.
    """

    score: str | None = None
    choose_by: str | None = None
    block: Literal["auto", "cell"] | Count = "auto"
    learning_curve: list[Annotated[float, Range(above=0, below=1)]] = field(default_factory=lambda: [0.25, 0.5, 0.75])
    margin: Positive | None = None
    seeds_planned: Count | None = None
    sequential: bool = False
    max_seeds: Count | None = None
    max_cells: Count = MAX_CELLS

    @property
    def most_seeds(self) -> int | None:
        """The most seeds that a sequential study may come to; None of one whose seeds are planned."""
        return (self.max_seeds or MAX_SEEDS) if self.sequential else None

    @property
    def design(self) -> dict[str, Any]:
        """What was decided about the analysis before the run, and makes another study where it differs."""
        found = {key: getattr(self, key) for key in DESIGN}
        return {key: value for key, value in found.items() if value is not None and value is not False}

    def faults(self, cell: Cell) -> Iterator[str]:
        """A score that judges, and that the data has labels for; seeds that are planned, or sequential ones."""
        if self.sequential and self.seeds_planned is not None:
            yield f"study.seeds_planned={self.seeds_planned}: must be null with study.sequential=true"
        if self.max_seeds is not None and not self.sequential:
            yield f"study.max_seeds={self.max_seeds}: must be null unless study.sequential=true"
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
            else:
                yield from (f"study.{key}={score}: {reason}" for reason in _obstacles(score, cell))
        if self.score is None and cell.outline.spec.n_classes is None:
            yield from _incomparable_primary(cell)


def _obstacles(score: str, cell: Cell) -> Iterator[str]:
    """Why the cells of a study cannot be compared by a score that judges."""
    reason = _not_of_its_learner(score, cell)
    if reason is not None:
        yield reason
    elif _differs(score, cell):
        yield "cannot be compared between ratios with representation.fit_on=mixture, which must be train"


def _incomparable_primary(cell: Cell) -> Iterator[str]:
    """The line for a study without labels whose score would be measured in a space that differs from ratio to ratio."""
    metrics = cell.task.metrics
    unlabelled = [name for name in cell.task.primary if name in metrics and not metrics[name].needs_labels]
    primary = next((name for name in unlabelled if _not_of_its_learner(name, cell) is None), None)
    if primary is not None and _differs(primary, cell):
        yield (
            f"representation.fit_on=mixture: without labels the score is {primary}, which then cannot be compared "
            "between ratios; must be train, or study.score another, such as silhouette"
        )


def _not_of_its_learner(score: str, cell: Cell) -> str | None:
    """Why a learner of this kind does not have a score; None where it has, or where nobody knows yet."""
    learner = f"{cell.learner.group}.name={cell.learner.name}"
    if score == "held_out_loss" and cell.learner.has_loss is False:
        return f"{learner} minimises nothing; must be another score"
    if score == "prediction_strength" and cell.learner.has_loss:
        return f"is of learners without a loss; {learner} has held_out_loss"
    if score == "bootstrap_ari" and not getattr(cell.task, "bootstraps", 0):
        return "task.bootstraps=0; must be another score, or task.bootstraps ≥ 2"
    return None


def _differs(score: str, cell: Cell) -> bool:
    metric = cell.task.metrics.get(score)
    return metric is not None and metric.in_represented_space and cell.representation.fit_on == "mixture"


def _why_not(score: str, cell: Cell) -> str:
    """Why a metric of the user's own is no score: nobody knows whether more of it is better."""
    if score not in cell.metrics:
        return ""
    return f"{cell.metrics[score]._target_}.higher_is_better must be True or False; "
