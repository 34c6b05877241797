"""A cell that is run can read what its stages declare, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from synthmix.cell import Cell, run_cell
from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import Stages
from synthmix.stages.inputs import Undeclared
from synthmix.tracking import none

SMALL = [
    *("data=toy", "data.n_points=300", "data.n_train=40", "data.n_val=30", "data.n_test=30", "quality.n_samples=40"),
    *("trainer.choose=fd_pca", "representation=pca", "representation.n_components=1", "tracking=none"),
]
VAE = ["model=vae", "model.steps=3", "model.networks.hidden=[4]", "model.latent_dim=2", "model.mixture_components=1"]
# By stage, what it reads of the config while a cell is computed: each key that it hashes, but for the number of
# threads, which is set for the process, and the representation, which the cell is handed fitted.
READ = {
    "generator": [
        *("seed", "model", "trainer.accelerator", "trainer.precision", "trainer.limit_steps"),
        *("trainer.resume_from", "trainer.choose", "trainer.choose_every"),
    ],
    "quality": [
        *("seed", "quality.extractors", "quality.n_samples", "quality.supervised", "quality.inception_weights"),
    ],
    "representation": ["seed", "representation"],
    "cell": ["seed", "gate", "mix.synthetic_weight", "task", "learner"],
}
NOT_READ = {"threads", "representation"}


def config_of(*overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose([*SMALL, *overrides]))


def stages_of(config: CellConfig, folder: Path) -> Stages:
    return Stages(config, Resources.at(none.Tracker(None, "unit"), folder), none.Run())


def run(stages: Stages) -> Cell:
    return run_cell(cast(CellConfig, stages.depends_on.cell.inputs), stages)


def leave_out(monkeypatch: pytest.MonkeyPatch, stage: str, key: str) -> None:
    """Declares a stage without one of its keys."""
    original = Dependencies._declared

    def declared(self: Dependencies, name: str, keys: tuple[str, ...], *rest: Any, **more: Any) -> Any:
        less = tuple(known for known in keys if (name, known) != (stage, key))
        return original(self, name, less, *rest, **more)

    monkeypatch.setattr(Dependencies, "_declared", declared)


def test_a_cell_reads_no_more_than_it_declares(tmp_path: Path) -> None:
    cell = run(stages_of(config_of(*VAE), tmp_path))
    assert cell.outputs.keys() == {"val", "test"}


def test_every_key_that_a_stage_hashes_is_in_the_list(tmp_path: Path) -> None:
    depends_on = stages_of(config_of(*VAE), tmp_path).depends_on
    for stage, read in READ.items():
        assert {*getattr(depends_on, stage).inputs._declared} - NOT_READ == {*read} - NOT_READ, stage


@pytest.mark.parametrize(("stage", "key"), [(stage, key) for stage, read in READ.items() for key in read])
def test_a_parameter_that_is_left_out_of_a_key_cannot_be_read(
    stage: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out(monkeypatch, stage, key)
    named = f"({key}|{key.partition('.')[0]})"  # a node of which nothing is declared is refused as a whole
    # A control is given its seed by the stage itself; the run of a training is named by what the key hashes.
    model = ["model=smote"] if (stage, key) == ("generator", "seed") else VAE
    with pytest.raises(Undeclared, match=f"^{named} is not declared by this stage"):
        run(stages_of(config_of(*model), tmp_path))


@pytest.mark.parametrize("key", ["mix", "model", "trainer", "quality", "data", "tracking", "metrics", "paths"])
def test_a_cell_cannot_read_what_its_stage_does_not_declare(key: str, tmp_path: Path) -> None:
    with pytest.raises(Undeclared, match=f"^{key} is not declared by this stage"):
        getattr(stages_of(config_of(*VAE, "mix.ratio=0"), tmp_path).depends_on.cell.inputs, key)


def test_at_ratio_0_neither_gate_nor_weight_is_declared_or_read(tmp_path: Path) -> None:
    stages = stages_of(config_of(*VAE, "mix.ratio=0"), tmp_path)
    assert not {"gate", "mix.synthetic_weight"} & {*stages.depends_on.cell.inputs._declared}
    assert len(run(stages).mixture.synthetic) == 0
