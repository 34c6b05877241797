"""From what the store holds to the tables of a study."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from synthmix.analysis.collect import collect
from synthmix.analysis.result import Sizes, StudyResult, key_columns
from synthmix.config.cell import from_plain
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.report.files import one_type_a_column, with_sorted_metrics
from synthmix.study.asked import Asked, asked_of
from synthmix.study.record import Record
from synthmix.tracking.mlflow.tracker import Tracker

CONFIG: dict[str, Any] = {
    "seed": 0,
    "threads": 1,
    "data": {"_target_": "synthmix.data.sources.digits.load_digits", "name": "digits", "n_train": 100}
    | {"n_val": 300, "n_test": 497, "n_reserve": 0},
    "model": {"_target_": "synthmix.generators.controls.Duplicate", "name": "duplicate"},
    "gate": {"_target_": "synthmix.gates.base.AcceptAll", "name": "none"},
    "representation": {"_target_": "synthmix.representations.identity.IdentityRepresentation", "name": "identity"}
    | {"fit_on": "train"},
    "task": {"_target_": "synthmix.tasks.clustering.task.Clustering", "name": "clustering"},
    "clusterer": {"_target_": "sklearn.cluster.KMeans", "name": "kmeans", "n_clusters": None, "n_init": 10},
    "mix": {"ratio": 1.0, "synthetic_weight": 1.0},
    "trainer": {"accelerator": "cpu", "precision": "32-true", "limit_steps": None},
    "quality": {"extractors": None, "n_samples": 100, "inception_weights": None},
}
SETTINGS = {"score": None, "choose_by": "silhouette", "learning_curve": [0.5]}
METRICS = {"cluster/ari": 0.5, "cluster/silhouette": 0.1, "val/silhouette": 0.2, "quality/fd_pca": 3.0}
QUALITY = "quality/"
KEYS = ["model.name", "clusterer.name", "representation.name", "data.name", "data.n_train", "mix.ratio", "seed"]


def config_with(**changes: Any) -> dict[str, Any]:
    """CONFIG with other leaves: `mix__ratio=0`."""
    config = {key: dict(value) if isinstance(value, dict) else value for key, value in CONFIG.items()}
    for name, value in changes.items():
        *path, last = name.split("__")
        node: Any = config
        for part in path:
            node = node[part]
        node[last] = value
    return config


class Study:
    """A record, and a store that holds what its cells have come to."""

    def __init__(self, tracker: Tracker, folder: Path) -> None:
        self.record = Record("s-1", settings=dict(SETTINGS), commands=["synthmix run -m seed=0,1"])
        self.resources = Resources.at(tracker, folder)
        self.store = self.resources.store
        self.runs: dict[str, str] = {}

    def add(
        self,
        status: str = "finished",
        metrics: dict[str, float] | None = None,
        *,
        curve: bool = False,
        configured: bool = False,
        choice: dict[str, Any] | None = None,
        n_train: int = 100,
        **changes: Any,
    ) -> Asked:
        """A cell of this status, `missing` and `failed` ones without a result."""
        asked = asked_of(Dependencies(from_plain(config_with(**changes)), "digest", n_train))
        part = self.record.curve if curve else self.record.configured if configured else self.record.cells
        combination = f"c{len(self.record.all_cells)}"
        part[combination] = asked
        if status in ("finished", "unavailable"):
            found = METRICS if metrics is None else metrics
            self._store(asked, status, found, f"run of {combination}", choice)
        if status == "failed":
            self.record.failures[combination] = "ValueError: too bad"
        self.runs[combination] = f"shown as {combination}"
        return asked

    def _store(
        self, asked: Asked, status: str, metrics: dict[str, float], run: str, tuning: dict[str, Any] | None
    ) -> None:
        """The cell, the scores derived from what it put out, and the quality of its generator."""
        stages, finished = asked.depends_on(), status == "finished"
        payload = {
            "status": status,
            "outputs": {},
            "numbers": {},
            "error": None if finished else "the pool is too short",
            "seconds": {"clusterer": 0.5},
            "sources": {"quality": "computed"},
            **({} if tuning is None else {"tuning": tuning}),
        }
        scores = {name: score for name, score in metrics.items() if not name.startswith(QUALITY)}
        quality = {name.removeprefix(QUALITY): score for name, score in metrics.items() if name not in scores}
        self.store.get_or_compute("cell", stages.cell.depends_on, lambda: payload, lambda: run)
        if finished:
            self.store.get_or_compute("scores", stages.scores(asked.key).depends_on, lambda: {"scores": scores})
        if finished and asked.quality_key is not None:
            judged = {"scores": quality, "training": {}}
            self.store.get_or_compute("quality", stages.quality.depends_on, lambda: judged)

    @property
    def result(self) -> StudyResult:
        return collect(self.record, self.resources, self.runs)


@pytest.fixture
def study(tracker: Tracker, tmp_path: Path) -> Study:
    return Study(tracker, tmp_path / "store")


def test_a_row_for_each_combination_with_keys_status_and_scores(study: Study) -> None:
    for ratio, seed in itertools.product((0.0, 1.0), (0, 1)):
        study.add(mix__ratio=ratio, seed=seed)
    cells = study.result.cells
    assert list(cells) == [*KEYS, "status", *sorted(METRICS)]
    assert key_columns(cells) == KEYS
    assert list(zip(cells["mix.ratio"], cells["seed"], strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert set(cells["status"]) == {"finished"}
    assert cells["cluster/ari"].tolist() == [0.5] * 4


def test_a_table_with_many_columns_of_its_own_is_no_warning(study: Study) -> None:
    """Each of them has scores of its own, and pandas warns of tables in a hundred pieces."""
    for seed in (0, 1):
        study.add(seed=seed, metrics=METRICS | {f"quality/ks/{column}": 0.1 for column in range(120)})
    with warnings.catch_warnings(action="error"):
        assert study.result.cells.assign(n=1)["n"].sum() == 2


TUNED = {"tuning": "held_out", "clusterer__search": {"n_init": [1, 10]}}
CHOSEN = {"criterion": "held_out_loss", "value": 7.5}


def test_what_was_chosen_stands_in_columns_of_its_own(study: Study) -> None:
    study.add(seed=0, choice={"chosen": {"n_init": 1, "kind": "full", "grid": [2, 3], "eps": None}} | CHOSEN, **TUNED)
    study.add(seed=1, choice={"chosen": {"n_init": 10, "kind": "diag", "grid": [4, 3], "eps": 0.5}} | CHOSEN, **TUNED)
    study.add("failed", seed=2, **TUNED)
    study.add(seed=0, configured=True, clusterer__search=TUNED["clusterer__search"])
    result = study.result
    columns = ["tuned/eps", "tuned/grid", "tuned/kind", "tuned/n_init", "tuning/criterion", "tuning/value"]
    assert list(result.cells)[-len(columns) :] == columns
    assert key_columns(result.cells) == KEYS
    first, second, third = result.cells[columns].to_dict("records")
    assert list(first.values()) == ["null", "[2, 3]", "full", 1, "held_out_loss", 7.5]
    assert list(second.values()) == [0.5, "[4, 3]", "diag", 10, "held_out_loss", 7.5]
    assert all(pd.isna(value) for value in third.values())
    assert result.configured[[*KEYS, "status"]].to_dict("records") == [
        result.cells[[*KEYS, "status"]].to_dict("records")[0]
    ]
    assert not [column for column in result.configured if column.startswith("tun")]
    files = with_sorted_metrics(result.cells)
    one_type_a_column(files).to_parquet(study.store.root / "cells.parquet")
    assert list(files)[-1] == "val/silhouette"


def test_what_was_planned_before_the_run_is_told(study: Study) -> None:
    study.add(seed=4)
    study.add(seed=3)
    usual = study.result
    assert (usual.margin, usual.planned_seeds, usual.seeds_to_come, usual.sequential) == (None, None, 0, False)
    assert (usual.shown, usual.exploratory) == (None, False)
    study.record.settings |= {"margin": 0.05, "seeds_planned": 5}
    study.record.seeds_planned = [4, 3]
    stated = study.result
    assert (stated.margin, stated.planned_seeds, stated.seeds_to_come) == (0.05, [4, 3], 3)
    assert sorted(stated.cells["seed"]) == [3, 4]
    study.record.settings |= {"sequential": True, "seeds_planned": None}
    study.record.seeds_planned = []
    assert (study.result.sequential, study.result.planned_seeds) == (True, list(study.record.seeds))


def test_a_learner_that_could_be_tuned_and_was_not_is_known(study: Study) -> None:
    """Its search is no part of what its cells depend on, and is found nevertheless."""
    study.add(seed=0, clusterer__search={"reg_covar": [0.1, 1.0]})
    assert len(study.result.untuned) == 1


def test_sizes_are_those_that_the_split_gives(study: Study) -> None:
    """Digits has 1,797 points and no official test set; a size that is null is a fifth."""
    study.add(seed=0, data__n_reserve=97)
    study.add("missing", seed=1)
    assert study.result.sizes == {"digits": Sizes(n_points=1700, n_val=300, n_test=497, official_test=False)}
    study.record.data["digest"] = {"name": "digits", "shape": [1000, 1, 8, 8]}
    assert study.result.sizes["digits"].n_points == 903  # as it was written down, and nothing is loaded


def test_a_test_set_that_no_config_tells_of_is_looked_up(study: Study) -> None:
    study.add(data__n_test=None, data__n_val=None)
    study.record.data["digest"] = {"name": "digits", "shape": [1797, 1, 8, 8]}
    assert study.result.sizes == {"digits": Sizes(n_points=1797, n_val=359, n_test=359, official_test=False)}


def test_learners_that_take_their_number_of_clusters_from_the_labels_are_named(study: Study) -> None:
    study.add()
    assert study.result.k_from_labels == {"kmeans"}
    study.record.cells.clear()
    study.add(clusterer__n_clusters=7)
    assert study.result.k_from_labels == frozenset()


def test_of_a_selection_all_cells_are_there_and_some_are_shown(study: Study) -> None:
    for seed in (2, 0, 1):
        study.add(seed=seed)
    result = collect(study.record, study.resources, study.runs, selected={"c0", "c2"})
    assert result.cells["seed"].tolist() == [0, 1, 2]
    assert result.shown == {1, 2}
    assert result.shown_cells["seed"].tolist() == result.shown_runs["seed"].tolist() == [1, 2]
    assert result.shown_runs["run_id"].tolist() == ["shown as c2", "shown as c0"]


def test_equal_studies_give_equal_files_whatever_order_they_were_asked_in(tracker: Tracker, tmp_path: Path) -> None:
    cells = [
        {"mix__ratio": ratio, "seed": seed, "clusterer__n_init": n_init, "model__name": model}
        for ratio, seed, n_init, model in itertools.product((0.0, 0.5, 10.0, 2.0), (0, 10, 9), (1, 5), ("a", "b"))
    ]
    texts = []
    for number, order in enumerate((cells, cells[::-1], cells[7:] + cells[:7])):
        study = Study(tracker, tmp_path / str(number))
        for cell in order:
            study.add(metrics={"cluster/ari": cell["seed"] / 7 + cell["mix__ratio"] / 3}, **cell)
        texts.append(study.result.cells.to_csv(index=False))
    assert texts[0] == texts[1] == texts[2]
    ratios = [float(line.split(",")[6]) for line in texts[0].splitlines()[1:]]
    assert ratios[:12] == [0, 0, 0, 0.5, 0.5, 0.5, 2, 2, 2, 10, 10, 10]


def test_a_baseline_that_arms_share_is_a_row_of_each(study: Study) -> None:
    keys = [study.add(mix__ratio=0.0, model__name=model).key for model in ("gan", "vae", "duplicate")]
    assert len(set(keys)) == 1
    assert study.result.cells["model.name"].tolist() == ["duplicate", "gan", "vae"]
    assert len(list(study.store.entries("cell"))) == 1


def test_what_has_no_result_says_so_and_has_no_scores(study: Study) -> None:
    for seed, status in enumerate(("finished", "unavailable", "failed", "missing")):
        study.add(status, seed=seed)
    result = study.result
    assert result.cells["status"].tolist() == ["finished", "unavailable", "failed", "missing"]
    assert np.isfinite(result.cells["cluster/ari"]).tolist() == [True, False, False, False]
    assert result.cells["cluster/ari"].dtype == float
    (failure,) = result.failures
    assert failure.error == "ValueError: too bad"
    assert {"model.name=duplicate", "mix.ratio=1.0", "clusterer.name=kmeans", "seed=2"} <= set(failure.cell.split())


def test_a_failure_that_has_a_result_by_now_is_none(study: Study) -> None:
    study.add("finished", seed=0)
    study.record.failures = {"c0": "an error of yesterday"}
    assert study.result.failures == []
    assert study.result.cells["status"].tolist() == ["finished"]


def test_a_failure_of_the_curve_is_told_too(study: Study) -> None:
    study.add(seed=0)
    study.add("failed", curve=True, mix__ratio=0.0, n_train=50)
    (failure,) = study.result.failures
    assert "data.n_train=50" in failure.cell


def test_metrics_that_a_cell_lacks_are_empty(study: Study) -> None:
    study.add(mix__ratio=0.0, metrics={"cluster/ari": 0.25})
    study.add(metrics={"cluster/ari": 0.5, "quality/fd_pca": 2.0})
    assert study.result.cells["quality/fd_pca"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("key", "values", "column"),
    [
        ("clusterer__n_init", (1, 10), [1, 10]),
        ("mix__synthetic_weight", (0.5, 1.0), [0.5, 1.0]),
        ("quality__extractors", (["pca"], None), ["['pca']", ""]),
        ("trainer__precision", ("32-true", "bf16-mixed"), ["32-true", "bf16-mixed"]),
    ],
)
def test_a_setting_that_varies_is_a_column(key: str, values: tuple[Any, Any], column: list[Any], study: Study) -> None:
    for value in values:
        study.add(**{key: value})
    cells, name = study.result.cells, key.replace("__", ".")
    assert list(cells)[:8] == [*KEYS[:5], name, *KEYS[5:]]
    assert cells[name].fillna("").tolist() == column


def test_settings_that_belong_to_a_name_are_no_columns(study: Study) -> None:
    study.add(model={"_target_": "synthmix.generators.controls.Jitter", "name": "jitter", "noise": 0.3})
    study.add(model={"_target_": "synthmix.generators.controls.Smote", "name": "smote", "n_neighbors": 5})
    assert key_columns(study.result.cells) == KEYS


def test_a_setting_that_varies_within_one_model_is_empty_for_the_others(study: Study) -> None:
    for noise in (0.3, 0.1):
        study.add(model={"_target_": "synthmix.generators.controls.Jitter", "name": "jitter", "noise": noise})
    study.add()
    cells = study.result.cells
    assert cells["model.name"].tolist() == ["duplicate", "jitter", "jitter"]
    assert cells["model.noise"].fillna(-1).tolist() == [-1, 0.1, 0.3]


def test_all_points_are_their_number(study: Study) -> None:
    study.add(data__n_train=None, n_train=1000)
    study.add(curve=True, mix__ratio=0.0, n_train=250)
    assert study.result.cells["data.n_train"].tolist() == [1000]
    assert study.result.curve["data.n_train"].tolist() == [250]


def test_the_curve_has_the_columns_of_the_cells(study: Study) -> None:
    for n_init in (1, 2):
        study.add(clusterer__n_init=n_init)
        study.add(curve=True, mix__ratio=0.0, clusterer__n_init=n_init, metrics={"cluster/ari": 0.1}, n_train=50)
    result = study.result
    assert key_columns(result.curve) == key_columns(result.cells)
    assert result.curve["cluster/ari"].tolist() == [0.1, 0.1]
    assert len(result.cells) == 2


def test_a_study_without_a_curve_has_an_empty_one(study: Study) -> None:
    study.add()
    curve = study.result.curve
    assert len(curve) == 0
    assert list(curve) == [*KEYS, "status"]


@pytest.mark.parametrize(
    ("asked_for", "metrics", "score"),
    [
        (None, ["cluster/ari", "cluster/silhouette"], "cluster/ari"),
        (None, ["cluster/held_out_loss", "cluster/silhouette"], "cluster/held_out_loss"),
        (None, ["cluster/prediction_strength", "cluster/silhouette"], "cluster/prediction_strength"),
        ("nmi", ["cluster/ari", "cluster/nmi"], "cluster/nmi"),
    ],
)
def test_the_primary_score(asked_for: str | None, metrics: Sequence[str], score: str, study: Study) -> None:
    study.record.settings["score"] = asked_for
    study.add(metrics=dict.fromkeys(metrics, 0.5))
    assert study.result.score == score
    assert study.result.choose_by == "silhouette"


@pytest.mark.parametrize(
    ("cells", "fit_on", "score", "choose_by"),
    [
        ([{"held_out_loss"}, {"held_out_loss", "ari"}], "train", "held_out_loss", "held_out_loss"),
        ([{"ari", "silhouette"}, {"ari", "silhouette"}], "train", "ari", "silhouette"),
        (
            [{"held_out_loss", "silhouette"}, {"prediction_strength", "silhouette"}],
            "train",
            "held_out_loss",
            "silhouette",
        ),
        ([{"held_out_loss", "ari", "silhouette"}] * 2, "mixture", "ari", "silhouette"),
        ([{"ari"}] * 2, "train", "ari", None),
    ],
)
def test_the_first_score_that_every_cell_has_and_that_is_comparable(
    cells: Sequence[set[str]], fit_on: str, score: str, choose_by: str | None, study: Study
) -> None:
    study.record.settings["choose_by"] = None
    for seed, names in enumerate(cells):
        metrics = {f"{part}/{name}": 0.5 for part in ("cluster", "val") for name in names}
        study.add(metrics=metrics, seed=seed, representation__fit_on=fit_on)
    study.add("missing", seed=9, representation__fit_on=fit_on)
    result = study.result
    assert (result.score, result.choose_by) == (f"cluster/{score}", choose_by)


def test_before_anything_is_finished_the_first_score_stands_for_it(study: Study) -> None:
    study.record.settings["choose_by"] = None
    study.add("missing")
    assert (study.result.score, study.result.choose_by) == ("cluster/ari", "held_out_loss")


def test_the_runs_tell_where_results_are_from(study: Study) -> None:
    study.add(seed=1)
    study.add("missing", seed=0)
    runs = study.result.runs
    assert runs["seed"].tolist() == [0, 1]
    assert runs["run_id"].tolist() == ["shown as c1", "shown as c0"]
    assert runs["computed_by"].fillna("nobody").tolist() == ["nobody", "run of c0"]
    assert runs["time/clusterer_s"].fillna(-1).tolist() == [-1, 0.5]
    assert runs["stage/quality"].fillna("-").tolist() == ["-", "computed"]


def test_a_study_of_which_nothing_is_done_has_tables_too(study: Study) -> None:
    study.add("missing")
    study.add("failed", seed=1)
    study.runs = {}
    result = study.result
    assert result.cells["status"].tolist() == ["missing", "failed"]
    assert result.runs["seed"].tolist() == [0, 1]


def test_the_config_has_what_all_cells_share(study: Study) -> None:
    study.add(seed=0)
    study.add(seed=1, model={"_target_": "synthmix.generators.controls.Smote", "name": "smote", "n_neighbors": 5})
    shared = yaml.safe_load(study.result.config)
    assert shared["clusterer.n_init"] == 10
    assert shared["data.n_val"] == 300
    assert not {"seed", "mix.ratio", "model.name", "model.n_neighbors", "model._target_"} & shared.keys()


def test_cells_of_other_code_are_told(study: Study) -> None:
    study.add(seed=0)
    assert study.result.notes == []
    old = study.add(seed=1)
    study.record.cells["c1"] = replace(old, key="0" * 64)
    study.add(curve=True, mix__ratio=0.0, n_train=50)
    (note,) = study.result.notes
    assert note.startswith("1 of 3 cells were computed with other code or other library versions")


def test_a_primary_score_that_was_changed_is_told(study: Study) -> None:
    asked = study.add(seed=0)
    for score in ("nmi", "nmi", None):
        study.record.ask({"c0": asked}, {}, "synthmix run", {**study.record.settings, "score": score})
    (note,) = study.result.notes
    assert note.startswith("the primary score was changed (nmi, then default)")


def test_a_damaged_result_is_a_missing_one(study: Study, warned: Callable[[str], Any]) -> None:
    study.add(seed=0)
    for file in study.store.root.glob("cell/*/*/payload.pt"):
        file.write_bytes(b"")
    with warned("is damaged"):
        assert study.result.cells["status"].tolist() == ["missing"]
