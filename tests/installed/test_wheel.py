"""The wheel, installed where there is no checkout, does what the README says."""

from __future__ import annotations

import textwrap
from pathlib import Path
from zipfile import ZipFile

import pytest
from mlflow import MlflowClient

REPOSITORY = Path(__file__).resolve().parents[2]
CELL = ["data=digits", "data.n_train=100", "mix.ratio=1", "clusterer=kmeans", "tracking.pictures=false"]


def names(folder: Path, pattern: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern)}


def only_cell_of(folder: Path) -> tuple[str, dict[str, str], dict[str, float]]:
    """Status, parameters and metrics of the one cell that was logged to a folder's mlflow.db."""
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    (run,) = client.search_runs(experiments, "tags.`synthmix.kind` = 'cell'")
    return run.info.status, run.data.params, run.data.metrics


def test_the_wheel_holds_the_package_with_its_configs_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    package = {f"synthmix/{name}" for name in names(REPOSITORY / "src" / "synthmix", "*.py")}
    configs = {f"synthmix/conf/{name}" for name in names(REPOSITORY / "conf", "*.yaml")}
    page = {
        f"synthmix/report/page_files/{name}" for name in ("index.html.jinja", "page.css", "page.js", "blind_test.js")
    }
    assert {"synthmix/conf/run.yaml", "synthmix/cli.py"} <= package | configs
    assert held == package | configs | page | {"synthmix/py.typed"}
    assert len(licences) == 1


def test_the_package_comes_from_the_wheel_and_its_dependencies_suffice(environment, tmp_path):
    where = environment.run("python", "-c", "import synthmix; print(synthmix.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(environment.folder)
    assert not tmp_path.is_relative_to(REPOSITORY)


def test_the_command_and_the_module_are_the_same(environment):
    command, module = environment.run("synthmix", "--help"), environment.run("python", "-m", "synthmix", "--help")
    assert command.returncode == module.returncode == 0
    assert "validate" in command.stdout
    assert command.stdout == module.stdout


def test_a_cell_runs_and_is_logged_beside_the_user(environment, tmp_path):
    finished = environment.run("synthmix", "run", *CELL, "model=duplicate")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    status, params, metrics = only_cell_of(tmp_path)
    assert status == "FINISHED"
    assert (params["model.name"], params["mix.ratio"]) == ("duplicate", "1.0")
    assert 0 < metrics["cluster/ari"] <= 1


@pytest.fixture
def own_model(tmp_path: Path) -> dict[str, str]:
    """A model in a folder of its own, and the two variables that make it known."""
    (tmp_path / "lab" / "conf" / "model").mkdir(parents=True)
    (tmp_path / "lab" / "mylab.py").write_text(
        textwrap.dedent("""
            from synthmix.generators.base import Generator

            class Average(Generator):
                def __init__(self, *, points):
                    self.points = points

                def fit(self, dataset, *, seed):
                    self.spec, self.x = dataset.spec, dataset.x
                    return self

                def draw(self, n, rng):
                    import torch

                    picked = torch.randint(len(self.x), (n, self.points), generator=rng)
                    return self.x[picked].mean(dim=1)
        """)
    )
    (tmp_path / "lab" / "conf" / "model" / "average.yaml").write_text(
        "_target_: mylab.Average\nname: average\npoints: 2\n"
    )
    return {"PYTHONPATH": str(tmp_path / "lab"), "SYNTHMIX_ALLOW": "mylab."}


def test_a_model_of_ones_own_runs(environment, own_model, tmp_path):
    searchpath = f"hydra.searchpath=[file://{tmp_path}/lab/conf]"
    finished = environment.run("synthmix", "run", *CELL, searchpath, "model=average", "model.points=3", **own_model)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    status, params, metrics = only_cell_of(tmp_path)
    assert status == "FINISHED"
    assert (params["model._target_"], params["model.points"]) == ("mylab.Average", "3")
    assert 0 < metrics["cluster/ari"] <= 1


def test_a_model_of_ones_own_is_admitted_by_the_environment_alone(environment, own_model, tmp_path):
    searchpath = f"hydra.searchpath=[file://{tmp_path}/lab/conf]"
    refused = environment.run("synthmix", "validate", searchpath, "model=average", PYTHONPATH=own_model["PYTHONPATH"])
    assert refused.returncode == 2
    assert "mylab.Average: not in the allowlist" in refused.stdout + refused.stderr
