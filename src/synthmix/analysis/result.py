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
class Sizes:
    """How many points of a data set there are to divide, and how many each seed holds out.

    Attributes:
        n_points: points that are divided anew for each seed: without an official test set, and without the reserve.
        n_val: points of val.
        n_test: points of test.
        official_test: whether all seeds share one test set, the official one or that of another data set.
        test_data: the name of another data set that test is of; None where it is of the same.
    """

    n_points: int
    n_val: int
    n_test: int
    official_test: bool
    test_data: str | None = None


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """A study's cells, finished or not.

    Attributes:
        name: the study's id.
        cells: a row for each combination asked for, sorted by its keys: `first_keys`, other varying config keys (dotted
            names), LAST_KEYS, `status` (finished, unavailable, failed, missing) and every metric by its MLflow name
            (`cluster/ari` on test, `val/silhouette` and `val/ari` on val, `quality/fd_pca`). `data.n_train` is the
            number of training points, never null. Metrics of a cell that is not finished are NaN. Of a tuned cell
            `tuned/…` are the settings that were chosen, numbers or texts, and `tuning/criterion` and `tuning/value` by
            what, and what it was.
        curve: cells that the study schedules itself, with the same columns: real points alone (ratio 0, any
            `model.name`) at parts of n and at n, and longer ones of the oracle; may be empty.
        configured: the tuned cells of `cells` once more, with their learner as configured, and real points alone at n
            where `cells` has no ratio 0; with the same columns; empty where nothing is tuned.
        candidates: what each candidate of a search comes to with real points alone, for the report only: the keys of
            the setting, `seed`, `settings` (`reg_covar=0.1 covariance_type=full`), whether it was `chosen`, and the
            score on test by labels, in a column of its name; empty where nothing is tuned, or no label is known.
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
        untuned: names of the learners that have a search and were not tuned.
        k_from_labels: names of the learners whose number of clusters is that of the known classes.
        sizes: of each data set, by `data_sets.sizes.data_of`, as far as a cell of it has a result.
        margin: the smallest difference of the primary score that matters, as stated before the run; None for the usual.
        planned_seeds: the seeds whose cells count in the analysis, in the order in which they were asked for; of a
            sequential study it is that of looking; None where all do.
        seeds_to_come: how many seeds more were planned than any command has asked for.
        sequential: whether the study is tested at every look.
        shown: labels of the rows of `cells` that were selected for display; None where all were. The analysis is that
            of the whole study.
        exploratory: whether the cells were selected from several studies, so that nothing about them was planned.
        supervised: whether labels of train reach the learner.
    """

    name: str
    cells: pd.DataFrame
    curve: pd.DataFrame
    configured: pd.DataFrame = field(default_factory=pd.DataFrame)
    candidates: pd.DataFrame = field(default_factory=pd.DataFrame)
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
    untuned: frozenset[str] = frozenset()
    k_from_labels: frozenset[str] = frozenset()
    sizes: Mapping[str, Sizes] = field(default_factory=dict)
    margin: float | None = None
    planned_seeds: Sequence[int] | None = None
    seeds_to_come: int = 0
    sequential: bool = False
    shown: frozenset[int] | None = None
    exploratory: bool = False
    supervised: bool = False

    @property
    def shown_cells(self) -> pd.DataFrame:
        """The rows of `cells` that are displayed."""
        return self.cells if self.shown is None else self.cells.loc[sorted(self.shown)].reset_index(drop=True)

    @property
    def shown_runs(self) -> pd.DataFrame:
        """The rows of `runs` that are displayed: those of `shown_cells`, which stand in the same order."""
        return self.runs if self.shown is None else self.runs.loc[sorted(self.shown)].reset_index(drop=True)

    @property
    def judges_learner(self) -> bool:
        """Whether the primary score judges what the learner makes of the represented points, and not these."""
        return self.metrics[self.score.rpartition("/")[2]].of_learner

    @property
    def sign(self) -> int:
        """-1 where the primary score is better the lower it is, else 1."""
        return self.metrics[self.score.rpartition("/")[2]].sign
