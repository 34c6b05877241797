"""The results of a study as tables, the only input of statistics and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from synthmix.metric import Metric
from synthmix.role import Role

# The last of the key columns; varying config keys stand before them.
LAST_KEYS = ("mix.ratio", "seed")


def first_keys(learner: str) -> tuple[str, ...]:
    """The first key columns, in the order of display and sorting.

    Args:
        learner: the config group of the task's learner, `clusterer` for instance.
    """
    return ("model.name", f"{learner}.name", "representation.name", "data.name", "data.n_train")


def key_columns(table: pd.DataFrame) -> list[str]:
    """The key columns of `cells`: all but `status` and metrics."""
    return [column for column in map(str, table) if column != "status" and "/" not in column]


@dataclass(frozen=True)
class Failure:
    """A cell that has no result: `cell` tells it apart (`model.name=vae mix.ratio=1 …`), `error` is one line."""

    cell: str
    error: str


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """A study's cells, finished or not.

    Attributes:
        name: the study's id.
        cells: a row for each combination asked for, sorted by its keys: `first_keys`, other varying config keys (dotted
            names), LAST_KEYS, `status` (finished, unavailable, failed, missing) and every metric by its MLflow name
            (`cluster/ari` on test, `val/silhouette` and `val/ari` on val, `quality/fd_pca`). `data.n_train` is the
            number of training points, never null. Metrics of a cell that is not finished are NaN.
        curve: real-only cells (ratio 0) that the study schedules itself, at parts of n and at n, with the same columns
            and any `model.name`; may be empty.
        runs: the keys of `cells`, with `run_id`, `computed_by` (the run that computed it), `created` (UTC), `time/…`
            (seconds of each stage) and `stage/<name>` ("computed" or the run that it was reused from).
        failures: what has no result, and why.
        score: column of the primary score, `cluster/ari` for instance.
        choose_by: name of the score on val that chooses a ratio, None where nothing does; one that needs labels makes
            the choice supervised.
        learner: config group of the task's learner, `clusterer` for instance.
        metrics: the task's scores by name.
        roles: of each `model.name`, what it is to the study where it adds points.
        config: what all cells share, as YAML.
        commands: the command lines that have asked for the cells.
        tracking_uri: of the MLflow store; None where nothing is logged.
        notes: lines that a reader must know, such as cells of another version of the code.
        configured: the cells again with their learners at default settings, with the columns of `cells`; empty where
            nothing was tuned.
        candidates: what each candidate of a tuned learner's search scores on test with real points alone: the keys of
            a setting, `seed`, `candidate`, the primary score. It shows what labels would choose, and chooses nothing.
        untuned: names of the learners that have a search and were not tuned.
        margin: the smallest difference that matters, in units of the score; None for the default.
        planned_seeds: those that the analysis was fixed to before the study; None for all.
        sequential: whether it may be looked at at any time.
        exploratory: whether the cells were selected from several studies, so that nothing is tested.
    """

    name: str
    cells: pd.DataFrame
    curve: pd.DataFrame
    runs: pd.DataFrame
    failures: Sequence[Failure] = ()
    score: str
    choose_by: str | None
    learner: str
    metrics: Mapping[str, Metric]
    roles: Mapping[str, Role]
    config: str
    commands: Sequence[str]
    tracking_uri: str | None
    notes: Sequence[str] = field(default=())
    configured: pd.DataFrame = field(default_factory=pd.DataFrame)
    candidates: pd.DataFrame = field(default_factory=pd.DataFrame)
    untuned: frozenset[str] = frozenset()
    margin: float | None = None
    planned_seeds: Sequence[int] | None = None
    sequential: bool = False
    exploratory: bool = False

    @property
    def sign(self) -> int:
        """-1 where the primary score is better the lower it is, else 1."""
        return self.metrics[self.score.rpartition("/")[2]].sign
