"""A study's cells by setting and arm, with the real-only baseline of the same seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from synthmix.analysis.result import LAST_KEYS, StudyResult, first_keys, key_columns
from synthmix.config.sections.mix import synthetic_count
from synthmix.role import Role

ALARM = "quality/alarm_"
# Config groups that tell the arms of a setting apart: real points alone are scored without them.
OF_AN_ARM = ("model", "gate", "mix", "trainer", "quality")

Keys = Mapping[Any, Any]


def rows_of(table: pd.DataFrame, keys: Keys) -> pd.DataFrame:
    """The rows with these values; a missing value is equal to another."""
    same = pd.Series(True, index=table.index)
    for key, value in keys.items():
        same &= table[key].isna() if pd.isna(value) else table[key] == value
    return table[same]


@dataclass(frozen=True)
class Arm:
    """A model with its config, in one setting.

    Attributes:
        name: `model.name`, and the config keys that tell arms of one name apart.
        role: what it is to the study where it adds points.
        keys: `model.name` and every varying config key of `OF_AN_ARM`.
        cells: the rows of `StudyResult.cells` with a ratio above 0.
        on_curve: whether it is the oracle, with points that weigh as much as the others and that no gate has seen: it
            makes n(1 + r) real points of n.
        configured: the same cells with the learner at default settings; empty where nothing is tuned.
    """

    name: str
    role: Role
    keys: Keys
    cells: pd.DataFrame
    on_curve: bool
    configured: pd.DataFrame

    @property
    def model(self) -> str:
        """`model.name`."""
        return str(self.keys["model.name"])

    @property
    def ratios(self) -> list[float]:
        """Its ratios above 0, ascending."""
        return list(self._by_ratio)

    def at(self, ratio: float) -> pd.DataFrame:
        """Its finished cells of one of its ratios, by seed."""
        return self._by_ratio[ratio]

    def configured_at(self, ratio: float) -> pd.DataFrame:
        """The same with the learner at default settings."""
        return _by_seed(rows_of(self.configured, {"mix.ratio": ratio}))

    def failed_at(self, ratio: float) -> list[int]:
        """The seeds whose cell of a ratio failed, as it does where the training diverges."""
        cells = self.cells[(self.cells["mix.ratio"] == ratio) & (self.cells["status"] == "failed")]
        return sorted(cells["seed"].unique())

    @cached_property
    def _by_ratio(self) -> dict[float, pd.DataFrame]:
        ratio = self.cells["mix.ratio"]
        return {value: _by_seed(self.cells[ratio == value]) for value in sorted(ratio.unique())}


@dataclass(frozen=True)
class SettingCells:
    """The cells of one setting, in which only arm, ratio and seed differ.

    Attributes:
        keys: learner, representation, data, n, and the other varying config keys that are not an arm's.
        title: what distinguishes it from the other settings of the study.
        score: column of the primary score.
        sign: -1 where it is better the lower it is, else 1.
        arms: by name.
        real: finished cells of real points alone at this n, a row a seed, with every metric.
        real_curve: scores of real points alone, a row a seed, a column a number of points.
        oracle_curve: the same of the arm that is `on_curve`, by the number of real points that it makes of n, with the
            longer cells of it that the study has added.
        configured: finished cells of real points alone at this n with the learner at default settings, a row a seed;
            empty where nothing is tuned.
        seeds: those that are analysed, in the order in which they were planned.
    """

    keys: Keys
    title: str
    score: str
    sign: int
    arms: Sequence[Arm]
    real: pd.DataFrame
    real_curve: pd.DataFrame
    oracle_curve: pd.DataFrame
    configured: pd.DataFrame
    seeds: Sequence[int]

    @property
    def n(self) -> int:
        """Number of real training points."""
        return int(self.keys["data.n_train"])

    @cached_property
    def curve(self) -> pd.DataFrame:
        """The learning curve, (seeds, sizes): the oracle's where it has a size, else that of real points alone.

        The oracle's cells differ from those of the other arms in nothing but the points; real points alone of another
        size have other scalers and representations too.
        """
        both = self.oracle_curve.reindex(pd.Index(self.seeds, name="seed")).join(
            self.real_curve.drop(columns=self.oracle_curve.columns, errors="ignore")
        )
        return both.reindex(columns=sorted(both))

    @cached_property
    def baseline(self) -> pd.Series[float]:
        """Scores of real points alone at this n, by seed."""
        return self.real[self.score].dropna()

    @cached_property
    def tuning(self) -> pd.Series[float]:
        """What tuning changes of the score of real points alone, by seed; empty where nothing is tuned."""
        if self.configured.empty:
            return pd.Series(dtype=float)
        return (self.baseline - self.configured[self.score]).dropna()

    def scores(self, arm: Arm, ratio: float) -> pd.Series[float]:
        """Scores of an arm at a ratio, by seed."""
        return arm.at(ratio)[self.score].dropna()

    def differences(self, arm: Arm, ratio: float) -> pd.Series[float]:
        """The same less those of real points alone, of the seeds that have both."""
        return (self.scores(arm, ratio) - self.baseline).dropna()

    def differences_as_configured(self, arm: Arm, ratio: float) -> pd.Series[float]:
        """The same with the learner at default settings in both; empty where nothing is tuned."""
        if self.configured.empty or arm.configured.empty:
            return pd.Series(dtype=float)
        return (arm.configured_at(ratio)[self.score] - self.configured[self.score]).dropna()

    def differences_on_val(self, arm: Arm, ratio: float) -> pd.Series[float]:
        """The differences of the same cells in the score on val; empty where they do not have it there."""
        column = f"val/{self.score.rpartition('/')[2]}"
        cells = arm.at(ratio)
        if column not in cells or column not in self.real:
            return pd.Series(dtype=float)
        return (cells[column] - self.real[column]).dropna()

    @cached_property
    def pairs(self) -> list[int]:
        """Differences in each planned test of the family: generators only, each of their ratios by itself."""
        generators = (arm for arm in self.arms if arm.role == "generator")
        return [len(self.differences(arm, ratio)) for arm in generators for ratio in arm.ratios]

    def oriented(self, seeds: pd.Index[Any] | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sizes (K,) of the learning curve and its scores (S, K), the higher the better, of all or of some seeds."""
        curve = self.curve if seeds is None else self.curve.reindex(seeds)
        return curve.columns.to_numpy(dtype=float), self.sign * curve.to_numpy(dtype=float)


def alarms_of(arm: Arm) -> dict[str, pd.Series[bool]]:
    """The alarms that an arm's generator raises on some seed, each by seed; they are the same at all ratios."""
    if not arm.ratios:
        return {}
    cells = pd.concat([arm.at(ratio) for ratio in arm.ratios])
    raised = {name: cells[name].dropna().groupby(level=0).max() > 0 for name in cells if str(name).startswith(ALARM)}
    return {str(name).removeprefix(ALARM): by_seed for name, by_seed in raised.items() if by_seed.any()}


def cells_by_setting(result: StudyResult) -> list[SettingCells]:
    """The cells of each setting of a study, in the order of their keys; those of planned seeds where some were."""
    tables = (result.cells, result.curve, result.configured)
    cells, added, configured = (_with_score(_planned(table, result.planned_seeds), result.score) for table in tables)
    keys = [key for key in key_columns(cells) if key.split(".")[0] not in OF_AN_ARM and key != "seed"]
    settings = cells[keys].drop_duplicates().sort_values(keys, key=_sortable)
    varying = [key for key in keys if settings[key].nunique(dropna=False) > 1]
    shared = yaml.safe_load(result.config) or {}
    alone, longer = added[added["mix.ratio"] == 0], added[added["mix.ratio"] > 0]
    real = pd.concat([table for table in (cells[cells["mix.ratio"] == 0], alone) if len(table)] or [cells[:0]])
    found = []
    for setting in settings.to_dict("records"):
        own, default = rows_of(cells, setting), rows_of(configured, setting) if len(configured) else configured
        arms = list(_arms(own, default, shared, result.roles))
        alike = rows_of(real, {key: value for key, value in setting.items() if key != "data.n_train"})
        found.append(
            SettingCells(
                keys=setting,
                title=setting_title(setting, varying, result.learner, of_learner=result.judges_learner),
                score=result.score,
                sign=result.sign,
                arms=arms,
                real=_by_seed(alike[alike["data.n_train"] == setting["data.n_train"]]),
                real_curve=_curve(alike.assign(n=alike["data.n_train"]), result.score),
                oracle_curve=_curve(_oracle_cells(arms, rows_of(longer, setting)), result.score),
                configured=_by_seed(default[default["mix.ratio"] == 0]) if len(default) else default,
                seeds=_ordered(own["seed"].unique(), result.planned_seeds),
            )
        )
    return found


def written(value: Any) -> str:
    """A config value as text; an integer that a gap in its column has turned into a float is an integer again."""
    if pd.isna(value):
        return "null"
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _with_score(cells: pd.DataFrame, score: str) -> pd.DataFrame:
    """A study without a finished cell has no column of its score."""
    return cells if score in cells else cells.assign(**{score: math.nan})


def setting_title(keys: Keys, varying: Sequence[str], learner: str, *, of_learner: bool) -> str:
    """Learner and representation, and what else distinguishes settings.

    Where the score does not judge what the learner makes of the representation (`of_learner` is not set), this alone.
    """
    name, representation = keys[f"{learner}.name"], keys["representation.name"]
    parts = [f"{name} on {representation}" if of_learner else str(representation)]
    if not of_learner and f"{learner}.name" in varying:
        parts.append(f"with {name}")
    if "data.name" in varying:
        parts.append(str(keys["data.name"]))
    if "data.n_train" in varying:
        parts.append(f"n = {written(keys['data.n_train'])}")
    return ", ".join(parts + [f"{key} = {written(keys[key])}" for key in varying if key not in first_keys(learner)])


def _planned(table: pd.DataFrame, seeds: Sequence[int] | None) -> pd.DataFrame:
    return table if seeds is None or table.empty else table[table["seed"].isin(seeds)]


def _ordered(seeds: Iterable[int], planned: Sequence[int] | None) -> list[int]:
    found = sorted(seeds)
    return found if planned is None else [seed for seed in planned if seed in found]


def _arms(cells: pd.DataFrame, configured: pd.DataFrame, shared: Keys, roles: Mapping[str, Role]) -> Iterator[Arm]:
    keys = [key for key in key_columns(cells) if key.split(".")[0] in OF_AN_ARM and key not in LAST_KEYS]
    for arm in cells[keys].drop_duplicates().sort_values(keys, key=_sortable).to_dict("records"):
        varying = (f"{key}={written(arm[key])}" for key in keys if key != "model.name" and not pd.isna(arm[key]))
        own = rows_of(cells, arm)
        given = {"mix.synthetic_weight": 1, "gate.name": "none", **shared, **arm}
        on_curve = (given["model.name"], given["mix.synthetic_weight"], given["gate.name"]) == ("real", 1, "none")
        name, role = " ".join([arm["model.name"], *varying]), roles[arm["model.name"]]
        default = rows_of(configured, arm) if len(configured) else own.head(0)
        yield Arm(name, role, arm, own[own["mix.ratio"] > 0], on_curve, default)


def _by_seed(cells: pd.DataFrame) -> pd.DataFrame:
    """Finished cells, one for each seed; at ratio 0 all arms share one."""
    return cells[cells["status"] == "finished"].drop_duplicates("seed").set_index("seed").sort_index()


def _curve(cells: pd.DataFrame, score: str) -> pd.DataFrame:
    """Scores of finished cells, (seeds, sizes), by their column `n`."""
    done = cells[(cells["status"] == "finished") & cells[score].notna()]
    wide = done.drop_duplicates(["n", "seed"]).pivot(index="seed", columns="n", values=score)
    return wide.rename(columns=int).rename_axis(columns=None)


def _oracle_cells(arms: Sequence[Arm], longer: pd.DataFrame) -> pd.DataFrame:
    """The cells of the oracle that is on the curve, asked for or added, with the real points that they make, `n`."""
    tables = [arm.cells for arm in arms if arm.on_curve]
    oracle = pd.concat([table for table in (*tables, longer) if len(table)] or [longer])
    sizes = zip(oracle["data.n_train"], oracle["mix.ratio"], strict=True)
    return oracle.assign(n=[n + synthetic_count(ratio, n) for n, ratio in sizes])


def _sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    """A sort key: numbers as they are, mixed columns as text."""
    return column if pd.api.types.is_numeric_dtype(column) else column.astype(str)
