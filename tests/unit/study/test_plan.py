"""The list of cells: what Hydra itself would run, and every fault in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from synthmix.config import plain
from synthmix.errors import InvalidInput
from synthmix.study.plan import make_plan
from synthmix.study.run import hydra_main

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
        found.append(plain(config))

    hydra_main(arguments, task)
    return found


def planned(*overrides: str, multirun: bool) -> list[Any]:
    return [plain(config) for config in make_plan(overrides, multirun=multirun).configs]


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
    assert cells == hydras_cells(["-m", *overrides])
    assert [(cell["model"]["name"], cell["mix"]["ratio"], cell["seed"]) for cell in cells] == [
        (model, ratio, seed) for model in ("duplicate", "jitter") for ratio in (0, 0.5) for seed in (0, 1)
    ]


def test_an_experiment_is_a_sweep_and_the_command_line_goes_before_it(own_experiment: str) -> None:
    overrides = [own_experiment, "experiment=mine", "seed=7", "model.noise=0.5,0.6", "mix.ratio=1"]
    cells = planned(*overrides, multirun=False)
    assert cells == hydras_cells(overrides)
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
    assert faults_of("mix.ratio=-1,0,1", "seed=0,1", "clusterer=gmm,kmeans", "mix.synthetic_weight=0.5,1") == (
        "mix.ratio=-1: must be ≥ 0",
        "mix.synthetic_weight=0.5: clusterer.name=gmm takes no sample weights; must be 1",
    )


def test_several_values_need_a_sweep() -> None:
    assert faults_of("mix.ratio=0,1", multirun=False) == (
        "mix.ratio=0,1: several values; add -m to sweep over them, or write a list as [1,2]",
    )


def test_a_sweep_lists_its_values() -> None:
    assert faults_of("seed=interval(0,3)") == ("seed=interval(0,3): must list its values, as 1,2,3 or range(3)",)
    assert faults_of("seed=range(3,1)") == ("seed=range(3,1): sweeps over no value, so that there is no cell",)


def test_the_folder_of_a_sweep_is_named_after_the_study() -> None:
    assert make_plan([], multirun=True).sweep_folder("s-1") == Path("multirun/s-1")
    elsewhere = make_plan(["hydra.sweep.dir='/scratch/${tracking.study}/x'"], multirun=True)
    assert elsewhere.sweep_folder("s-1") == Path("/scratch/s-1/x")
