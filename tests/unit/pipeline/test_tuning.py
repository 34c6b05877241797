"""A tuned cell: what is chosen for its learner, of what, once for all arms and ratios, and what it is told of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.data.base import Splits
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import CellResult
from synthmix.pipeline.stages import Stages
from synthmix.stages.store import JOURNAL
from synthmix.study.cell_record import tuned_params
from synthmix.study.launching import job
from synthmix.tasks.clustering.learners.mixed.kprototypes import KPrototypes
from synthmix.tracking import none

STORE = Path(".synthmix")
SMALL = [
    *("data=toy", "data.n_points=400", "data.n_train=60", "data.n_val=60", "data.n_test=50", "quality.n_samples=60"),
    *("clusterer=gmm", "clusterer.n_clusters=3", "clusterer.n_init=1", "model=duplicate", "tracking=none"),
    *("tracking.pictures=false", "representation=pca", "representation.n_components=2", "mix.ratio=0"),
]
TUNED = ["tuning=held_out", "clusterer.search.reg_covar=[0.01,3.0]", "clusterer.search.covariance_type=[full]"]


def config_of(*overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose([*SMALL, *overrides]))


def resources_in(folder: Path = STORE) -> Resources:
    return Resources.at(none.Tracker(None, "unit"), folder)


def run(*overrides: str) -> tuple[job.Outcome, CellResult]:
    """One cell, computed by a process that has just begun, and what the store has of it."""
    outcome, resources, config = job.Outcome("failed", {}), resources_in(), config_of(*overrides)
    job._run(config, resources, outcome)
    assert outcome.status == "finished"
    result = job.asked_of(resources.dependencies(config)).result(resources)
    assert result is not None
    return outcome, result


def computed(stage: str) -> int:
    lines = (STORE / JOURNAL).read_text().splitlines()
    return sum(json.loads(line)["stage"] == stage for line in lines)


def same_outputs(one: CellResult, other: CellResult) -> bool:
    both = one.entry.payload["outputs"], other.entry.payload["outputs"]
    return all(
        torch.equal(both[0][part][name], both[1][part][name])
        for part in ("val", "test")
        for name in (both[0][part] | both[1][part])
    )


def test_the_learner_of_a_tuned_cell_has_the_settings_that_were_chosen() -> None:
    _, tuned = run(*TUNED)
    assert tuned.tuning is not None
    chosen = tuned.tuning["chosen"]
    assert chosen["reg_covar"] in (0.001, 0.01, 3.0)
    _, by_hand = run("tuning=none", f"clusterer.reg_covar={chosen['reg_covar']}")
    others = [run("tuning=none", f"clusterer.reg_covar={value}")[1] for value in {0.01, 3.0} - {chosen["reg_covar"]}]
    assert by_hand.tuning is None
    assert same_outputs(tuned, by_hand)
    assert not any(same_outputs(tuned, other) for other in others)


def test_it_is_chosen_once_for_all_arms_and_ratios() -> None:
    outcomes = [
        run(*TUNED, f"mix.ratio={ratio}", f"model={model}", f"representation.fit_on={fit_on}")
        for ratio, model, fit_on in ((0, "duplicate", "train"), (1, "jitter", "mixture"), (2, "real", "train"))
    ]
    assert computed("tuning") == 1
    assert computed("cell") == 3
    assert len({json.dumps(result.tuning and result.tuning["chosen"]) for _, result in outcomes}) == 1


def test_a_learner_without_a_search_has_one_cell_tuned_or_not() -> None:
    kmeans = ["clusterer=kmeans", "clusterer.n_clusters=3"]
    first, _ = run(*kmeans, "tuning=none")
    second, result = run(*kmeans, "tuning=held_out")
    assert (first.key, computed("cell"), computed("candidates")) == (second.key, 1, 0)
    assert result.tuning is None


def choice_with(changed: Callable[[Splits], Splits], folder: Path, fit_on: str = "train") -> dict[str, Any]:
    """What a store that has nothing yet gets where the points of a split are others."""
    resources = resources_in(folder)
    config = config_of(*TUNED, f"representation.fit_on={fit_on}", "mix.ratio=1")
    with resources.tracker.open(job.cell_head(job.asked_of(resources.dependencies(config)), part="sweep")) as opened:
        stages = Stages(config, resources, opened)
        stages.tuning(changed(stages.splits()))
    declared = stages.depends_on.tuning
    assert declared is not None
    entry = resources.store.find("tuning", declared.key)
    assert entry is not None
    return {key: value for key, value in entry.payload.items() if key != "seconds"}


def other_points(splits: Splits) -> Splits:
    """Held-out points and spare ones are noise, and the labels of train are shuffled."""
    noise = torch.Generator().manual_seed(7)

    def of(part: Any) -> Any:
        return replace(part, x=torch.randn(part.x.shape, generator=noise) * 100)

    train = replace(splits.train, y=splits.train.y.flip(0) if splits.train.y is not None else None)
    return replace(splits, train=train, val=of(splits.val), test=of(splits.test), pool=of(splits.pool))


def test_neither_held_out_points_nor_labels_nor_the_pool_have_a_part_in_the_choice(tmp_path: Path) -> None:
    as_they_are = choice_with(lambda splits: splits, tmp_path / "one")
    assert choice_with(other_points, tmp_path / "other") == as_they_are

    def moved(splits: Splits) -> Splits:
        return replace(splits, train=replace(splits.train, x=splits.train.x * 3))

    assert choice_with(moved, tmp_path / "third")["table"] != as_they_are["table"]


def test_a_representation_of_the_mixture_is_that_of_train_where_something_is_chosen(tmp_path: Path) -> None:
    one, other = (choice_with(lambda splits: splits, tmp_path / name, name) for name in ("train", "mixture"))
    assert one == other


def test_the_choice_is_that_of_likelihood_by_scikit_learn(tmp_path: Path) -> None:
    """One value collapses every component on a point or two, and the other is right for points of unit scale."""
    found = choice_with(lambda splits: splits, tmp_path / "store")
    resources, config = resources_in(tmp_path / "store"), config_of()
    splits = resources.splits(config)
    points = splits.train.x.flatten(1).numpy().astype(np.float64)
    points = (points - points.mean(0)) @ np.linalg.svd(points - points.mean(0), full_matrices=False)[2][:2].T
    order, losses = np.random.default_rng(0).permutation(len(points)), {}
    for value in (0.001, 0.01, 3.0):
        folds = np.array_split(order, 5)
        scores = [
            GaussianMixture(3, reg_covar=value, random_state=0, n_init=5)
            .fit(np.delete(points, fold, axis=0))
            .score(points[fold])
            for fold in folds
        ]
        losses[value] = -np.mean(scores)
    assert found["criterion"] == "held_out_loss"
    assert found["value"] == pytest.approx(losses[found["chosen"]["reg_covar"]], abs=0.35)
    assert losses[found["chosen"]["reg_covar"]] < losses[3.0]


def test_what_was_chosen_is_told() -> None:
    outcome, result = run(*TUNED)
    assert result.tuning is not None
    value = result.tuning["chosen"]["reg_covar"]
    told = {"tuned.reg_covar": value, "tuned.covariance_type": "full", "tuning.criterion": "held_out_loss"}
    assert tuned_params(result) == told
    assert not [name for name in outcome.metrics if name.startswith("tun")]
    assert result.entry.payload["seconds"]["tuning"] > 0


def test_each_candidate_puts_out_what_a_cell_with_its_settings_does() -> None:
    _, tuned = run(*TUNED)
    assert tuned.tuning is not None
    entry = resources_in().store.find("candidates", tuned.tuning["candidates"])
    assert entry is not None
    candidates = entry.payload["candidates"]
    assert [candidate["settings"]["reg_covar"] for candidate in candidates] == [0.001, 0.01, 3.0]
    for candidate in candidates:
        _, by_hand = run("tuning=none", f"clusterer.reg_covar={candidate['settings']['reg_covar']}")
        for part, outputs in by_hand.entry.payload["outputs"].items():
            assert all(torch.equal(candidate["outputs"][part][name], array) for name, array in outputs.items())
    assert computed("candidates") == 1
    run(*TUNED, "mix.ratio=1")
    assert computed("candidates") == 1  # beside synthetic points there is none


RULED = ["clusterer=kmeans", "clusterer.n_init=1", "clusterer.n_clusters=silhouette", "clusterer.k_max=5"]


def test_a_rule_chooses_the_number_once_for_all_arms_and_ratios_tuned_or_not() -> None:
    gmm = [*RULED, "clusterer=gmm"]
    asked = [
        *(("duplicate", 0, []), ("jitter", 1, []), ("real", 2, ["representation.fit_on=mixture"])),
        ("real", 1, TUNED),
    ]
    results = [run(*gmm, f"model={model}", f"mix.ratio={ratio}", *more)[1] for model, ratio, more in asked]
    assert (computed("n_clusters"), computed("tuning"), computed("cell")) == (1, 1, 4)
    chosen = [result.tuning["chosen"] for result in results if result.tuning is not None]
    assert len({one["n_clusters"] for one in chosen}) == 1
    assert [sorted(one) for one in chosen] == [["n_clusters"]] * 3 + [["covariance_type", "n_clusters", "reg_covar"]]


def test_the_number_that_was_chosen_is_that_of_the_cell_and_is_told() -> None:
    _, ruled = run(*RULED)
    assert ruled.tuning is not None
    k = ruled.tuning["chosen"]["n_clusters"]
    assert tuned_params(ruled) == {"tuned.n_clusters": k, "tuning.criterion": "silhouette"}
    _, by_hand = run(*RULED, f"clusterer.n_clusters={k}")
    _, other = run(*RULED, f"clusterer.n_clusters={k + 1}")
    assert by_hand.tuning is None
    assert same_outputs(ruled, by_hand)
    assert not same_outputs(ruled, other)


def test_candidates_have_the_number_that_a_rule_chose() -> None:
    _, tuned = run(*RULED, "clusterer=gmm", *TUNED)
    assert tuned.tuning is not None
    entry = resources_in().store.find("candidates", tuned.tuning["candidates"])
    assert entry is not None
    settings = [candidate["settings"] for candidate in entry.payload["candidates"]]
    assert {one["n_clusters"] for one in settings} == {tuned.tuning["chosen"]["n_clusters"]}
    assert tuned.tuning["chosen"] in settings


def test_neither_held_out_points_nor_labels_have_a_part_in_the_number(tmp_path: Path) -> None:
    found = []
    for name, changed in (("one", lambda splits: splits), ("other", other_points)):
        resources, config = resources_in(tmp_path / name), config_of(*RULED, "mix.ratio=1")
        asked = job.asked_of(resources.dependencies(config))
        with resources.tracker.open(job.cell_head(asked, part="sweep")) as opened:
            stages = Stages(config, resources, opened)
            stages.tuning(changed(stages.splits()))
        assert stages.number is not None
        found.append({key: value for key, value in stages.number.items() if key != "seconds"})
    assert found[0] == found[1]


def test_a_rule_for_the_number_of_clusters_tells_the_learner_the_columns_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds, fit = set[tuple[str, ...]](), KPrototypes.fit

    def watched(self: KPrototypes, *args: Any, **more: Any) -> KPrototypes:
        kinds.add(tuple(column.kind for column in self.table_columns or ()))
        return fit(self, *args, **more)

    monkeypatch.setattr(KPrototypes, "fit", watched)
    (tmp_path / "rows.csv").write_text("a,b\n" + "".join(f"{i % 11},{'xyz'[i % 3]}\n" for i in range(200)))
    table = ["data=table", f"data.path={tmp_path / 'rows.csv'}", "data.n_train=60", "data.n_val=60", "data.n_test=50"]
    with composer() as compose:
        more = ["clusterer=kprototypes", "clusterer.n_clusters=silhouette", "clusterer.k_max=4", "mix.ratio=0"]
        config = from_plain(compose([*table, *more, "model=duplicate", "tracking=none", "tracking.pictures=false"]))
    outcome = job.Outcome("failed", {})
    job._run(config, resources_in(), outcome)
    assert outcome.status == "finished"
    assert kinds == {("integer", "categorical")}
