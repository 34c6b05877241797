"""A model of the user's own, as README shows one: what its fit has learnt is stored, whatever that cost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from synthmix.cell import ComputedCell, run_cell
from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import COMPUTED, Stages
from synthmix.stages.store import JOURNAL
from synthmix.study.plan import make_plan
from synthmix.tracking import none
from synthmix.verbs.dry_run import print_dry_run

ROOT = Path(__file__).parents[3]
README = re.findall(r"^```\w+\n# file: (\S+)\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.M | re.S)

# The model of README with a count of its fits; one that keeps a value under a name that a checkpoint has too; and one
# that keeps something that is neither a tensor nor a plain value.
MORE = """
from pathlib import Path
from types import SimpleNamespace

from mylab.models import RidgeGaussian


class Counted(RidgeGaussian):
    def fit(self, dataset, *, seed):
        with Path("fits.txt").open("a") as stream:
            stream.write(f"{seed}\\n")
        return super().fit(dataset, seed=seed)


class Named(Counted):
    def fit(self, dataset, *, seed):
        super().fit(dataset, seed=seed)
        self.model, self.state_of_mind = {"mean": self.mean}, [1, 2.5, None, "text"]
        return self

    def draw(self, n, rng):
        assert (self.model["mean"] == self.mean).all() and self.state_of_mind == [1, 2.5, None, "text"]
        return super().draw(n, rng)


class Unwritable(Counted):
    def fit(self, dataset, *, seed):
        super().fit(dataset, seed=seed)
        self.helper = SimpleNamespace(of="anything")
        return self
"""
TOY = ["data=toy", "data.n_points=400", "data.n_train=60", "data.n_val=50", "data.n_test=50", "quality.n_samples=50"]


@pytest.fixture
def _lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The files of README in the working folder, and the way to them, for this process and those that it starts."""
    for name, text in README:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "mylab" / "more.py").write_text(MORE)
    node = (tmp_path / "mylab" / "conf" / "model" / "ridge_gaussian.yaml").read_text()
    for kind in ("Counted", "Named", "Unwritable"):
        changed = node.replace("mylab.models.RidgeGaussian", f"mylab.more.{kind}")
        (tmp_path / "mylab" / "conf" / "model" / f"{kind.lower()}.yaml").write_text(changed)
    monkeypatch.setenv("SYNTHMIX_ALLOW", "mylab.")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.syspath_prepend(tmp_path)
    _forget_mylab()  # that of another test of this process
    yield
    _forget_mylab()


def _forget_mylab() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mylab"]:
        del sys.modules[name]


pytestmark = pytest.mark.usefixtures("_lab")


def words(model: str, *overrides: str) -> list[str]:
    return [f"model={model}", f"hydra.searchpath=[file://{Path.cwd()}/mylab/conf]", *TOY, "tracking=none", *overrides]


def config_of(model: str, *overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose(words(model, *overrides)))


def resources() -> Resources:
    """Those of a process that has just begun, over the one store."""
    return Resources.at(none.Tracker(None, "unit"), Path(".synthmix"))


def run(config: CellConfig, shared: Resources) -> tuple[ComputedCell, Stages]:
    stages = Stages(config, shared, none.Run())
    return run_cell(cast(CellConfig, stages.depends_on.cell.inputs), stages), stages


def computed() -> list[str]:
    """The stages that were computed, one after the other, whichever process has."""
    return [json.loads(line)["stage"] for line in (Path(".synthmix") / JOURNAL).read_text().splitlines()]


def fits() -> int:
    return len(Path("fits.txt").read_text().splitlines())


def same(one: ComputedCell, other: ComputedCell) -> bool:
    arrays = [
        [torch.from_numpy(array) for _, part in sorted(cell.outputs.items()) for _, array in sorted(part.items())]
        for cell in (one, other)
    ]
    return all(torch.equal(mine, theirs) for mine, theirs in zip(*arrays, strict=True)) and torch.equal(
        one.mixture.dataset.x, other.mixture.dataset.x
    )


@pytest.mark.parametrize("model", ["counted", "named"])
def test_a_fit_is_stored_and_serves_every_later_cell(model: str) -> None:
    first, stages = run(config_of(model), resources())
    assert (stages.sources["generator"], fits()) == (COMPUTED, 1)
    for overrides in ([], ["clusterer=gmm"], ["mix.ratio=4"]):
        _, stages = run(config_of(model, *overrides), resources())
        assert stages.sources["generator"] != COMPUTED
    assert fits() == 1
    assert computed().count("generator") == 1
    assert same(first, run(config_of(model), resources())[0])
    run(config_of(model, "seed=1"), resources())
    assert fits() == 2  # another seed is another fit


def test_a_fit_that_cannot_be_written_down_is_made_once_in_each_process_and_gives_the_same_cell() -> None:
    stored, _ = run(config_of("counted"), resources())
    before = fits()
    for process in (1, 2):
        shared = resources()
        for overrides in ([], ["mix.ratio=2"], []):
            cell, _ = run(config_of("unwritable", *overrides), shared)
        assert same(cell, stored)
        assert fits() - before == process


def test_a_dry_run_says_whether_the_fit_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    def trainings() -> str:
        print_dry_run(make_plan(words("ridge_gaussian", "mix.ratio=1"), multirun=False), resources())
        return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("trainings"))

    assert trainings().split() == ["trainings", "1", "of", "1", "generators;", "0", "are", "stored"]
    run(config_of("ridge_gaussian"), resources())
    assert trainings().split() == ["trainings", "0", "of", "1", "generators;", "1", "are", "stored"]


def test_other_processes_and_other_cells_find_the_fit(tmp_path: Path, warm: Any) -> None:
    for cell in (["mix.ratio=1"], ["mix.ratio=2", "clusterer=gmm"]):
        command = warm.words("-m", "synthmix", "run", *words("counted", "tracking.pictures=false", *cell))
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    stages = computed()
    assert fits() == 1
    assert {stage: stages.count(stage) for stage in set(stages) - {"pool", "scores"}} == {
        "generator": 1,
        "quality": 1,
        "cell": 2,
    }
