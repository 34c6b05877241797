"""The list of cells: what Hydra itself would run, and every fault in it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from synthmix.config.cell import check, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.plain import to_plain
from synthmix.errors import InvalidInput
from synthmix.study.plan import make_plan
from synthmix.study.record import Record, Studies
from synthmix.study.sweep import sweep_folder
from synthmix.verbs.run import hydra_main

# An experiment of the user's own.
EXPERIMENT = """
# @package _global_
defaults:
  - override /model: jitter

mix:
  ratio: 2

hydra:
  mode: MULTIRUN
  sweeper:
    params:
      model.noise: 0.1,0.2
      seed: range(2)
      clusterer: kmeans,gmm_on_pca
"""


@pytest.fixture
def own_experiment(tmp_path: Path) -> str:
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text(EXPERIMENT)
    return f"hydra.searchpath=[file://{tmp_path}/conf]"


def hydras_cells(arguments: Sequence[str]) -> list[Any]:
    """The configs that Hydra hands to its task, in its order."""
    found: list[Any] = []

    def task(config: DictConfig) -> None:
        found.append(to_plain(from_plain(config)))

    hydra_main(arguments, task)
    return found


def tuned(cells: list[Any]) -> list[Any]:
    """The configs with what null means in a study."""
    assert {cell["tuning"] for cell in cells} == {None}
    return [cell | {"tuning": "held_out"} for cell in cells]


def planned(*overrides: str, multirun: bool) -> list[Any]:
    return [to_plain(config) for config in make_plan(overrides, multirun=multirun).configs]


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=gan", "model.steps=3", "seed=1", "seed=2"],
        ["+model.foo=[1,2]", "~model.foo"],
        ["debug=fast", "clusterer=gmm_on_pca"],
    ],
)
def test_a_cell_is_what_hydra_composes(overrides: list[str]) -> None:
    assert planned(*overrides, multirun=False) == hydras_cells(overrides)


def test_a_sweep_has_hydras_cells_in_hydras_order() -> None:
    overrides = ["model=duplicate,jitter", "mix.ratio=0,0.5", "seed=range(2)", "paths.store='a,b'"]
    cells = planned(*overrides, multirun=True)
    assert cells == tuned(hydras_cells(["-m", *overrides]))
    assert [(cell["model"]["name"], cell["mix"]["ratio"], cell["seed"]) for cell in cells] == [
        (model, ratio, seed) for model in ("duplicate", "jitter") for ratio in (0, 0.5) for seed in (0, 1)
    ]


def test_an_experiment_is_a_sweep_and_the_command_line_goes_before_it(own_experiment: str) -> None:
    overrides = [own_experiment, "experiment=mine", "seed=7", "model.noise=0.5,0.6", "mix.ratio=1"]
    cells = planned(*overrides, multirun=False)
    assert cells == tuned(hydras_cells(overrides))
    assert [(c["model"]["noise"], c["seed"], c["clusterer"]["name"], c["representation"]["name"]) for c in cells] == [
        (noise, 7, *names) for noise in (0.5, 0.6) for names in (("kmeans", "identity"), ("gmm", "pca"))
    ]
    assert {cell["mix"]["ratio"] for cell in cells} == {1}


def test_an_experiment_by_itself_has_all_of_its_cells(own_experiment: str) -> None:
    plan = make_plan([own_experiment, "experiment=mine"], multirun=False)
    assert (len(plan.configs), plan.is_study, plan.experiment) == (8, True, "mine")
    assert make_plan([], multirun=False).experiment is None
    assert make_plan([], multirun=True).is_study


def faults_of(*overrides: str, multirun: bool = True) -> Sequence[str]:
    with pytest.raises(InvalidInput) as error:
        make_plan(overrides, multirun=multirun)
    return error.value.faults


def test_the_faults_of_all_cells_are_told_once_each() -> None:
    detectors = ("task=anomaly_detection", "data.normal_class=0", "detector=knn,one_class_svm")
    assert faults_of(*detectors, "mix.ratio=-1,0,1", "seed=0,1", "mix.synthetic_weight=0.5,1") == (
        "mix.ratio=-1: must be ≥ 0",
        "mix.synthetic_weight=0.5: detector.name=knn takes no sample weights, as it counts neighbours; must be 1",
    )


def test_several_values_need_a_sweep() -> None:
    assert faults_of("mix.ratio=0,1", multirun=False) == (
        "mix.ratio=0,1: several values; add -m to sweep over them, or write a list as [1,2]",
    )


def test_a_sweep_lists_its_values() -> None:
    assert faults_of("seed=interval(0,3)") == ("seed=interval(0,3): must list its values, as 1,2,3 or range(3)",)
    assert faults_of("seed=range(3,1)") == ("seed=range(3,1): sweeps over no value, so that there is no cell",)


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["tuning=none,held_out"], "tuning=none,held_out: a study has one; run one study for each"),
        (["study.margin=null,0.1"], "study.margin=null,0.1: a study has one; run one study for each"),
        (
            ["study.sequential=true", "study.max_seeds=3", "seed=range(4)"],
            "study.max_seeds=3: must be ≥ 4, the seeds asked for",
        ),
        (
            ["study.sequential=true", "seed=range(31)"],
            "study.max_seeds=30 (its default): must be ≥ 31, the seeds asked for",
        ),
        (
            ["study.sequential=true", "study.seeds_planned=5"],
            "study.seeds_planned=5: must be null with study.sequential=true",
        ),
        (["study.max_seeds=9"], "study.max_seeds=9: must be null unless study.sequential=true"),
        (["study.margin=0"], "study.margin=0: must be > 0 or null"),
    ],
)
def test_a_study_has_one_design(overrides: list[str], line: str) -> None:
    assert faults_of("model=duplicate", "mix.ratio=0,1", *overrides) == (line,)


def test_as_many_seeds_as_a_sequential_study_may_come_to_are_planned() -> None:
    sequential = ["mix.ratio=0", "study.sequential=true"]
    assert len(planned(*sequential, "seed=range(30)", multirun=True)) == 30
    assert len(planned(*sequential, "seed=range(31)", "study.max_seeds=31", multirun=True)) == 31


def test_the_folder_of_a_sweep_is_named_after_the_study() -> None:
    plan = make_plan([], multirun=True)
    assert sweep_folder(plan, plan.study) == Path("multirun").absolute() / plan.study
    elsewhere = make_plan(["hydra.sweep.dir='/scratch/${tracking.study}/x'"], multirun=True)
    assert sweep_folder(elsewhere, "s-1") == Path("/scratch/s-1/x")


@cache
def study_of(*overrides: str, multirun: bool = True) -> str:
    return make_plan(overrides, multirun=multirun).study


SWEEP = ("model=gan,duplicate", "mix.ratio=0,1", "seed=0,1", "data.n_train=50", "study.learning_curve=[]")


@pytest.mark.parametrize(
    "other",
    [
        {"seed": "range(3)"},
        {"seed": "7"},
        {"mix.ratio": "0,0.5,4"},
        {"mix.ratio": "2"},
        {"model": "vae,smote,real"},
        {"model": "gan,duplicate,jitter"},
        {"hydra/launcher": "joblib", "hydra.launcher.n_jobs": "2"},
        {"tracking.uri": "sqlite:///elsewhere.db", "tracking.experiment": "other"},
        {"tracking.pictures": "true"},
        {"paths.store": "elsewhere"},
        {"study.score": "nmi", "study.learning_curve": "[0.5]", "study.sequential": "false"},
        {"tuning": "held_out"},
        {"hydra.sweep.dir": "elsewhere"},
        {"threads": "1", "gate": "none", "representation": "identity"},  # what it is anyway
    ],
    ids=str,
)
def test_more_of_what_is_swept_or_another_place_is_the_same_study(other: dict[str, str | None]) -> None:
    given = dict(text.split("=", 1) for text in SWEEP) | other
    assert study_of(*(f"{key}={value}" for key, value in given.items() if value is not None)) == study_of(*SWEEP)


def test_the_order_of_overrides_makes_no_other_study() -> None:
    assert len({study_of(*order) for order in itertools.islice(itertools.permutations(SWEEP), 0, 120, 40)}) == 1


@pytest.mark.parametrize(
    "other",
    [
        ["data.n_train=60"],
        ["clusterer=som"],
        ["clusterer.n_init=3"],
        ["representation=pca"],
        ["data.n_val=200"],
        ["data=toy"],
        ["mix.synthetic_weight=0.5"],
        ["trainer.limit_steps=5"],
        ["threads=2"],
        ["quality.n_samples=77"],
        ["clusterer=kmeans,som"],
        ["tuning=none"],
        ["study.margin=0.05"],
        ["study.seeds_planned=7"],
        ["study.sequential=true"],
    ],
    ids=str,
)
def test_another_value_that_is_fixed_is_another_study(other: list[str]) -> None:
    assert study_of(*SWEEP, *other) != study_of(*SWEEP)


def test_a_value_fixed_below_a_swept_group_tells_studies_apart() -> None:
    sweep = ["model=vae,autoencoder", "mix.ratio=1"]
    assert len({study_of(*sweep, *more) for more in ([], ["model.steps=5"], ["model.steps=6"])}) == 3


def test_seeds_and_ratios_may_be_fixed_in_one_command_and_swept_over_in_the_next() -> None:
    names = {study_of("model=gan,vae", *more) for more in (["seed=3"], ["seed=0,1"], [], ["mix.ratio=0,1", "seed=2"])}
    assert len(names) == 1


def test_a_study_can_be_named() -> None:
    assert study_of(*SWEEP, "tracking.study=mine") == "mine"


def test_the_studies_of_an_experiment_begin_with_its_name(own_experiment: str) -> None:
    whole = study_of(own_experiment, "experiment=mine", multirun=False)
    assert whole.startswith("mine-")
    more = [["seed=range(9)"], ["model.noise=0.7"], ["mix.ratio=1,4"], ["clusterer=som", "seed=0"]]
    assert {study_of(own_experiment, "experiment=mine", *words, multirun=False) for words in more} == {whole}
    other = [["data.n_train=60"], ["mix.synthetic_weight=0.5", "clusterer=kmeans"]]
    assert whole not in {study_of(own_experiment, "experiment=mine", *words, multirun=False) for words in other}
    assert study_of().startswith("study-")


def test_the_study_of_an_experiment_in_a_folder_is_found_again(own_experiment: str, tmp_path: Path) -> None:
    """Its name is that of a folder, in which records are looked for one deep."""
    (tmp_path / "conf" / "experiment" / "mine").mkdir()
    (tmp_path / "conf" / "experiment" / "mine" / "first.yaml").write_text(EXPERIMENT)
    name = study_of(own_experiment, "experiment=mine/first", multirun=False)
    Record(name).write(Studies(tmp_path).file(name))
    assert list(Studies(tmp_path).names()) == [name]
    assert name.startswith("mine-first-")


def test_two_experiments_are_two_studies(own_experiment: str, tmp_path: Path) -> None:
    (tmp_path / "conf" / "experiment" / "copy.yaml").write_text(EXPERIMENT)
    names = [study_of(own_experiment, f"experiment={name}", multirun=False) for name in ("mine", "copy")]
    assert names[0] != names[1]


def curve_of(*overrides: str) -> list[Any]:
    return [to_plain(cell.config) for cell in make_plan(overrides, multirun=True).curve]


def sizes(curve: list[Any]) -> list[int]:
    return [cell["data"]["n_train"] for cell in curve]


def test_a_quarter_a_half_and_three_quarters_are_scored_with_real_points_alone() -> None:
    curve = curve_of("mix.ratio=0,1", "data.n_train=200")
    assert sizes(curve) == [50, 100, 150]
    assert {cell["mix"]["ratio"] for cell in curve} == {0}


@pytest.mark.parametrize("ratios", ["1", "0.5,4"])
def test_a_baseline_that_is_not_swept_over_is_added(ratios: str) -> None:
    assert sizes(curve_of(f"mix.ratio={ratios}", "data.n_train=200")) == [50, 100, 150, 200]


def test_where_there_are_real_points_alone_nothing_is_added() -> None:
    assert curve_of("mix.ratio=0", "seed=0,1", "data.n_train=100,200") == []
    assert make_plan(["mix.ratio=1"], multirun=False).curve == []


def test_the_curve_is_that_of_every_seed_and_clusterer_but_of_no_model() -> None:
    curve = curve_of(
        *("model=gan,duplicate", "mix.ratio=0,1", "seed=0,1", "clusterer=kmeans,gmm_on_pca"),
        *("data.n_train=200", "mix.synthetic_weight=1", "quality.n_samples=50,60"),
    )
    found = [(c["seed"], c["clusterer"]["name"], c["representation"]["name"], c["data"]["n_train"]) for c in curve]
    clusterers = [("kmeans", "identity"), ("gmm", "pca")]
    assert sorted(found) == sorted(
        (seed, *names, size) for seed in (0, 1) for names in clusterers for size in (50, 100, 150)
    )


def test_parts_too_small_for_the_clusters_are_left_out() -> None:
    assert sizes(curve_of("model=duplicate", "mix.ratio=0,1", "data.n_train=36")) == [18, 27]  # ten digits
    assert sizes(curve_of("model=duplicate", "mix.ratio=1", "data.n_train=12")) == [12]


def test_the_parts_can_be_chosen() -> None:
    assert sizes(curve_of("mix.ratio=0,1", "data.n_train=200", "study.learning_curve=[0.1,0.9,0.1]")) == [20, 180]
    assert curve_of("mix.ratio=0,1", "study.learning_curve=[]") == []
    assert sizes(curve_of("mix.ratio=1", "study.learning_curve=[]", "data.n_train=200")) == [200]


def test_parts_of_all_points_are_parts_of_their_number() -> None:
    assert sizes(curve_of("mix.ratio=0,1", "data.n_train=null")) == [250, 500, 750]  # 1797 digits less 497 and 300


def test_each_size_that_is_swept_over_has_its_own_parts() -> None:
    assert sorted(set(sizes(curve_of("mix.ratio=0,1", "data.n_train=100,200")))) == [25, 50, 75, 100, 150]


@pytest.mark.parametrize("representation", ["autoencoder", "vae"])
def test_a_curve_differs_from_its_arms_in_the_real_points_alone(representation: str) -> None:
    swept = ["model=duplicate,smote", "mix.ratio=1", f"representation={representation}", "trainer.limit_steps=7"]
    plan = make_plan([*swept, "clusterer.n_init=3", "seed=5", "data.n_val=200"], multirun=True)
    arm = to_plain(plan.cells[0].config)
    for cell in plan.curve:
        curve = to_plain(cell.config)
        for group in ("representation", "clusterer", "seed", "threads"):
            assert curve[group] == arm[group]
        assert curve["data"] == arm["data"] | {"n_train": curve["data"]["n_train"]}


def test_the_curve_of_an_experiment_has_its_settings(own_experiment: str) -> None:
    curve = [
        to_plain(cell.config) for cell in make_plan([own_experiment, "experiment=mine", "seed=0"], multirun=False).curve
    ]
    found = [(cell["clusterer"]["name"], cell["data"]["n_train"], cell["mix"]["ratio"]) for cell in curve]
    assert found == [(name, size, 0) for name in ("kmeans", "gmm") for size in (25, 50, 75, 100)]


def test_the_overrides_of_a_planned_cell_compose_to_its_config() -> None:
    swept = ["model=gan,duplicate", "mix.ratio=1", "representation=pca", "data.n_train=80"]
    plan, tuned_plan = make_plan(swept, multirun=True), make_plan([*swept, "clusterer=gmm"], multirun=True)
    with composer() as compose:
        for cell in (*plan.cells, *plan.curve):
            assert replace(check(compose(cell.overrides)), tuning="held_out") == cell.config
        for cell in tuned_plan.configured:
            assert check(compose(cell.overrides)) == cell.config


def test_a_setting_of_swept_members_need_not_be_one_of_the_default_member() -> None:
    cells = planned("model=gan,dcgan", "model.beta1=0.4", "mix.ratio=1", multirun=True)
    assert [(cell["model"]["name"], cell["model"]["beta1"]) for cell in cells] == [("gan", 0.4), ("dcgan", 0.4)]
