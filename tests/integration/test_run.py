"""One cell from the command line to the store: what it logs is what can be computed from it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from synthmix import load_dataset, load_generator
from synthmix.config.cell import from_plain
from synthmix.config.composing.composer import conf_dir
from synthmix.data.split import split
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import Stages
from synthmix.seeds import derive_seed, pool_seed
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.log_every=10"]


@dataclass(frozen=True)
class Finished:
    """A cell that was run, and the store that it is in."""

    folder: Path
    out: str
    cell: Run
    generator: Run

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    def artifacts(self, run: Run, path: str | None = None) -> set[str]:
        return {artifact.path for artifact in MlflowClient(self.uri).list_artifacts(run.info.run_id, path)}

    def text(self, path: str) -> str:
        return Path(MlflowClient(self.uri).download_artifacts(self.cell.info.run_id, path)).read_text()

    def curve(self, metric: str) -> dict[int, float]:
        history = MlflowClient(self.uri).get_metric_history(self.generator.info.run_id, metric)
        return {entry.step: entry.value for entry in history}


def outcome_in(folder: Path) -> dict[str, Any]:
    """What came of the one cell that was run in a folder."""
    (file,) = folder.glob("outputs/*/*/outcome.json")
    content: dict[str, Any] = json.loads(file.read_text())
    return content


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any], runs_in: Callable[..., Any]) -> Finished:
    """A GAN on 50 digits, mixed one to one, clustered by k-means; seed 3, pictures on."""
    folder = tmp_path_factory.mktemp("gan")
    answer = command("run", "model=gan", "model.steps=30", "mix.ratio=1.5", "seed=3", *SMALL, folder=folder)
    assert (answer.code, answer.err) == (0, "")
    (cell,), (generator,) = runs_in(folder, "cell"), runs_in(folder, "generator")
    return Finished(folder, answer.out, cell, generator)


def test_both_runs_are_finished_and_named(gan: Finished) -> None:
    assert {gan.cell.info.status, gan.generator.info.status} == {"FINISHED"}
    assert gan.cell.info.run_name == "gan r=1.5 kmeans seed 3"
    assert gan.generator.info.run_name == "gan seed 3"
    assert gan.cell.data.tags["synthmix.generator_run"] == gan.generator.info.run_id


# What only says where a cell runs, how much of it is shown, and what a study makes of it.
NOT_PARAMETERS = (
    *("tracking.", "paths.", "study.", "quality.alarms."),
    *("trainer.log_every", "trainer.grid_every", "trainer.checkpoint_"),
)


def test_parameters_are_the_whole_flattened_config(gan: Finished) -> None:
    config = yaml.safe_load(gan.text("config.yaml"))
    assert {group: config[group]["name"] for group in ("data", "model", "clusterer")} == {
        "data": "digits",
        "model": "gan",
        "clusterer": "kmeans",
    }

    def leaves(node: Any, path: str = "") -> dict[str, str]:
        if not isinstance(node, dict):
            return {path[:-1]: str(node)}
        return {key: text for name, child in node.items() for key, text in leaves(child, f"{path}{name}.").items()}

    whole = leaves(config)
    assert gan.cell.data.params == {key: whole[key] for key in whole if not key.startswith(NOT_PARAMETERS)}
    assert {key for key in whole if key.startswith(NOT_PARAMETERS)} >= {"tracking.uri", "paths.store", "study.score"}
    assert gan.cell.data.params.items() >= {"mix.ratio": "1.5", "model.name": "gan", "seed": "3"}.items()
    assert gan.generator.data.params.items() >= {"model.steps": "30", "trainer.precision": "32-true"}.items()


def test_tags_say_what_the_numbers_depend_on(gan: Finished) -> None:
    digest = load_dataset("digits").spec.digest
    for run in (gan.cell, gan.generator):
        tags = run.data.tags
        assert tags["synthmix.data_digest"] == digest
        assert tags["version.torch"] == torch.__version__
        assert re.fullmatch("[0-9a-f]{40}(-dirty)?", tags["synthmix.git_commit"])
    config = from_plain(yaml.safe_load(gan.text("config.yaml")))
    assert gan.cell.data.tags["synthmix.cell_key"] == Dependencies(config, digest, 50).cell.key
    assert (gan.cell.data.tags["synthmix.kind"], gan.generator.data.tags["synthmix.kind"]) == ("cell", "generator")


def test_loss_curves_have_a_point_every_so_many_steps(gan: Finished) -> None:
    for name in ("generator_loss", "discriminator_loss"):
        curve = gan.curve(f"train/{name}")
        assert sorted(curve) == [10, 20, 30]
        assert all(0 < value < 10 for value in curve.values())


def test_metrics_are_there_with_times_in_seconds(gan: Finished) -> None:
    metrics = gan.cell.data.metrics
    assert {"cluster/acc", "cluster/ari", "cluster/nmi", "cluster/silhouette", "cluster/coverage"} <= set(metrics)
    assert {name.replace("cluster/", "val/") for name in metrics if name.startswith("cluster/")} <= set(metrics)
    assert {"quality/fd_pca", "quality/fd_pca_floor", "quality/fd_pixels", "quality/n"} <= set(metrics)
    assert metrics["quality/n"] == 100
    assert metrics["quality/fd_pca"] > metrics["quality/fd_pca_floor"] > 0
    times = {"time/generator_s", "time/representation_s", "time/clusterer_s"}
    assert all(0 < metrics[name] < 60 for name in times)
    assert metrics["time/generator_s"] == gan.generator.data.metrics["time/generator_s"]
    assert gan.generator.data.metrics["quality/fd_pca"] == metrics["quality/fd_pca"]
    assert metrics["data/duplicates_across_split"] == 0


def test_the_outcome_is_what_was_logged(gan: Finished) -> None:
    outcome = outcome_in(gan.folder)
    assert (outcome["status"], outcome["run_id"]) == ("finished", gan.cell.info.run_id)
    logged = {key: value for key, value in gan.cell.data.metrics.items() if not key.startswith("time/")}
    assert outcome["metrics"] == logged
    assert f"MLflow run {gan.cell.info.run_id} in {gan.uri}" in gan.out
    assert f"MLFLOW_TRACKING_URI={gan.uri} synthmix ui" in gan.out
    assert re.search(rf"^  ari +{logged['cluster/ari']:.4g}   primary$", gan.out, flags=re.M)


def test_pictures_and_environment_are_kept(gan: Finished) -> None:
    pictures = ("synthetic", "nearest", "projection_pca", "projection_tsne", "confusion", "typical_and_doubtful")
    of_latent = ("interpolation", "latent_walk")
    assert gan.artifacts(gan.cell, "pictures") == {f"pictures/{name}.png" for name in (*pictures, *of_latent)}
    steps = {f"samples/step_{step:06d}.png" for step in range(6, 31, 6)}
    assert gan.artifacts(gan.generator, "samples") == steps | {"samples/final.png"}
    assert {"config.yaml", "environment.txt"} <= gan.artifacts(gan.cell)
    assert f"torch=={torch.__version__}" in gan.text("environment.txt")


def test_the_checkpoint_holds_weights_and_plain_settings_alone(gan: Finished) -> None:
    client = MlflowClient(gan.uri)
    path = client.download_artifacts(gan.generator.info.run_id, "checkpoint/generator.pt")
    content = torch.load(path, weights_only=True)
    assert content["model"]["steps"] == 30
    assert all(isinstance(value, torch.Tensor) for value in content["state"].values())


def test_the_generator_of_a_run_samples_the_pool_of_the_run(gan: Finished) -> None:
    config = from_plain(yaml.safe_load(gan.text("config.yaml")))
    resources = Resources.at(Tracker(gan.uri, "synthmix"), gan.folder / ".synthmix")
    with resources.tracker.open(RunRecord(kind="probe", name="what is stored")) as run:
        stages = Stages(config, resources, run)
        fitted = stages.generator(stages.splits())
    assert stages.sources == {"generator": gan.generator.info.run_id}
    kept = fitted.load()
    assert torch.equal(fitted.synthetic_pool.sample(75, pool_seed(3)), kept.sample(75, pool_seed(3)))
    for run in (gan.cell, gan.generator):
        loaded = load_generator(run.info.run_id, gan.uri)
        assert isinstance(loaded, TrainedGenerator)
        assert torch.equal(loaded.sample(700, pool_seed(3)), kept.sample(700, pool_seed(3)))


def test_the_scores_are_those_of_the_same_steps_done_by_hand(gan: Finished) -> None:
    """From scikit-learn's digits and the stored generator, without cell, stages or our metrics."""
    splits = split(load_dataset("digits"), seed=3, n_train=50, n_val=300, n_test=497, n_reserve=0)
    synthetic = load_generator(gan.generator.info.run_id, gan.uri).sample(75, pool_seed(3))
    points = torch.cat([splits.train.x, synthetic]).flatten(1).numpy()
    kmeans = KMeans(10, n_init=10, random_state=derive_seed(3, "clusterer") % 2**32).fit(points)
    predicted = kmeans.predict(splits.test.x.flatten(1).numpy())
    assert gan.cell.data.metrics["cluster/ari"] == pytest.approx(adjusted_rand_score(splits.test.y, predicted))
    assert gan.cell.data.metrics["cluster/nmi"] == pytest.approx(normalized_mutual_info_score(splits.test.y, predicted))
    on_val = kmeans.predict(splits.val.x.flatten(1).numpy())
    assert gan.cell.data.metrics["val/ari"] == pytest.approx(adjusted_rand_score(splits.val.y, on_val))
    rows = {row.tobytes() for row in (load_digits().data / 16).astype(np.float32)}
    assert all(row.tobytes() in rows for row in points[:50])


def test_the_same_cell_again_computes_nothing_but_its_pictures(
    gan: Finished, command: Callable[..., Any], runs_in: Callable[..., Any]
) -> None:
    """After the tests above, in the same folder."""
    journal = (gan.folder / ".synthmix" / "journal.jsonl").read_text()
    words = ["model=gan", "model.steps=30", "mix.ratio=1.5", "seed=3", *SMALL]
    answer = command("run", *words, "tracking.pictures=false", folder=gan.folder)
    assert answer.code == 0
    assert f"reused from run {gan.cell.info.run_id}\n" in answer.out
    assert re.search(r"^  ari .* primary$", answer.out, flags=re.M)
    assert "v_measure" not in answer.out  # one of those that --all prints
    again = runs_in(gan.folder, "cell")[-1]
    assert again.data.tags["synthmix.reused_from"] == gan.cell.info.run_id
    assert again.data.metrics == gan.cell.data.metrics
    assert again.data.params == gan.cell.data.params
    assert (gan.folder / ".synthmix" / "journal.jsonl").read_text() == journal
    assert len(runs_in(gan.folder, "generator")) == 1


def test_at_ratio_0_no_generator_is_trained(
    command: Callable[..., Any], runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    assert command("run", "model=vae", "mix.ratio=0", *SMALL).code == 0
    assert any("projection_pca" in path.name for path in tmp_path.rglob("*.png"))
    (cell,) = runs_in(tmp_path)
    assert cell.data.tags["synthmix.kind"] == "cell"
    assert not [name for name in cell.data.metrics if name.startswith("quality/")]
    assert "time/generator_s" not in cell.data.metrics


def test_the_store_of_the_environment_is_used_from_any_folder(
    command: Callable[..., Any], runs_in: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/lab/all.db")
    answer = command("run", "model=duplicate", *SMALL, "tracking.experiment=mine", folder=tmp_path / "work")
    assert answer.code == 0
    (run,) = runs_in(f"sqlite:///{tmp_path}/lab/all.db")
    assert run.info.artifact_uri.startswith(f"file://{tmp_path}/lab/mlartifacts/mine/")
    assert {path.name for path in (tmp_path / "work").iterdir()} == {".synthmix", "outputs"}


MEMBERS = {
    group: sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))
    for group in ("model", "clusterer", "representation")
}
EVERY_MEMBER = [
    pytest.param(f"{group}={name}", marks=pytest.mark.skipif(find_spec("kmedoids") is None, reason="no kmedoids"))
    if name in ("kmedoids", "gower_kmedoids")
    else f"{group}={name}"
    for group, names in MEMBERS.items()
    for name in names
]


@pytest.mark.parametrize("member", EVERY_MEMBER)
def test_every_member_runs(member: str, command: Callable[..., Any], shared_store: str, tmp_path: Path) -> None:
    group, _, name = member.partition("=")
    data = ["data=toy"] if name in ("truth", "tvae", "ctgan", "vae_incomplete") else []
    if name == "text_lm":
        terms = [first + second for first in "abcdefgh" for second in "uvwxyz"]
        rows = [f"{' '.join(terms[(i * j) % 47] for j in range(1, 9))},{i % 3}" for i in range(300)]
        (tmp_path / "news.csv").write_text("\n".join(["text,kind", *rows]))
        data = ["data=text", "data.path=news.csv", "data.text_column=text", "data.label_column=kind"]
    if name in ("kprototypes", "gower_kmedoids"):
        rows = [f"{i % 11},{'abc'[i % 3]},{i % 3}" for i in range(300)]
        (tmp_path / "mixed.csv").write_text("\n".join(["number,level,kind", *rows]))
        data = ["data=table", "data.path=mixed.csv", "data.label_column=kind"]
    model = [] if group == "model" else ["model=duplicate"]
    short = ["trainer.limit_steps=3", "tracking.pictures=false", f"tracking.uri={shared_store}"]
    answer = command("run", member, *model, *data, *SMALL, *short)
    assert (answer.code, answer.err) == (0, "")
    cell = MlflowClient(shared_store).get_run(outcome_in(tmp_path)["run_id"])
    assert cell.info.status == "FINISHED"
    assert cell.data.params[f"{group}.name"] == ("gmm" if name == "gmm_on_pca" else name)
    assert {"cluster/ari", "cluster/acc", "cluster/nmi"} <= set(cell.data.metrics)
    assert -1 <= cell.data.metrics["cluster/ari"] <= 1


def test_a_table_without_labels_is_scored_by_internal_indices_alone(
    command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    points = np.random.default_rng(0).normal(size=(300, 3)) + np.arange(300)[:, None] % 3 * 8
    np.savetxt("rows.csv", points, delimiter=",", header="a,b,c", comments="")
    words = ["data=table", "data.path=rows.csv", "clusterer.n_clusters=3", "model=jitter", "quality.n_samples=50"]
    assert command("run", *words, f"tracking.uri={shared_store}").code == 0
    metrics = outcome_in(tmp_path)["metrics"]
    assert "cluster/ari" not in metrics
    assert metrics["cluster/silhouette"] > 0.5
    assert metrics["cluster/n_clusters"] == 3


# A model of the user's own, in a folder of its own.
MY_GAN = """
from dataclasses import dataclass

from synthmix.generators.gan.config import GanConfig
from synthmix.generators.gan.model import Gan

@dataclass(kw_only=True, frozen=True)
class MyGanConfig(GanConfig):
    fails_at: str | None = None

class MyGan(Gan):
    def __init__(self, config: MyGanConfig, networks):
        super().__init__(config, networks)
        self.fails_at = config.fails_at

    def build(self, spec):
        self._fail("build")
        super().build(spec)

    def step(self, batch):
        losses = super().step(batch)
        if self.steps_done == 5:
            self._fail("step")
        return losses

    def draw(self, n, rng):
        self._fail("draw")
        return super().draw(n, rng)

    def _fail(self, where):
        if self.fails_at == where:
            raise ZeroDivisionError(f"no luck in {where}")
"""
MY_CONFIG = """
defaults:
  - gan
  - _self_

_target_: mylab.MyGan
name: my_gan
steps: 10
fails_at: null
"""


@pytest.fixture
def mylab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words that choose it; the environment admits it."""
    lab = tmp_path / "lab"
    (lab / "conf" / "model").mkdir(parents=True)
    (lab / "mylab.py").write_text(MY_GAN)
    (lab / "conf" / "model" / "my_gan.yaml").write_text(MY_CONFIG)
    monkeypatch.syspath_prepend(str(lab))
    monkeypatch.setenv("SYNTHMIX_ALLOW", "mylab.")
    return [f"hydra.searchpath=[file://{lab}/conf]", "model=my_gan"]


def test_a_model_of_ones_own_is_trained_logged_and_loaded(
    mylab: list[str], command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    words = [*mylab, *SMALL, f"tracking.uri={shared_store}"]
    assert command("validate", *words).out == "valid: 1 cell\n"
    answer = command("run", *words)
    assert (answer.code, answer.err) == (0, "")
    cell = MlflowClient(shared_store).get_run(outcome_in(tmp_path)["run_id"])
    assert (cell.info.status, cell.data.params["model._target_"]) == ("FINISHED", "mylab.MyGan")
    generator = load_generator(cell.info.run_id, shared_store)
    assert (type(generator).__name__, generator.sample(3, seed=0).shape) == ("MyGan", (3, 1, 8, 8))


def test_a_model_of_ones_own_is_checked(
    mylab: list[str], command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNTHMIX_ALLOW")
    answer = command("run", *mylab)
    assert answer.code == 2
    assert answer.err.startswith("model._target_=mylab.MyGan: not in the allowlist; allowed: ")
    assert answer.err.endswith("(SYNTHMIX_ALLOW adds to it)\n")
    assert not Path("mlflow.db").exists()


@pytest.mark.parametrize("where", ["build", "step", "draw"])
def test_a_run_that_breaks_before_in_or_after_its_training_has_failed(
    where: str, mylab: list[str], command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    words = [*mylab, f"model.fails_at={where}", "tracking.pictures=false", f"tracking.experiment={where}"]
    answer = command("run", *words, *SMALL, f"tracking.uri={shared_store}")
    told = f"ZeroDivisionError: no luck in {where}"
    assert answer.code == 1
    assert answer.err.startswith(f"failed: {told}\nTraceback (most recent call last):")
    client = MlflowClient(shared_store)
    experiment = client.get_experiment_by_name(where)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.data.tags["synthmix.kind"] for run in runs) == ["cell", "generator"]
    ends = {run.data.tags["synthmix.kind"]: (run.info.status, run.data.tags.get("synthmix.error")) for run in runs}
    trained = where == "draw"  # what is drawn of it is the cell's
    assert ends == {"cell": ("FAILED", told), "generator": ("FINISHED", None) if trained else ("FAILED", told)}
    outcome = outcome_in(tmp_path)
    assert (outcome["status"], outcome["error"], outcome["metrics"]) == ("failed", told, {})


def test_a_training_that_is_continued_ends_as_if_it_had_not_been_interrupted(
    command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    words = ["model=gan", "tracking.pictures=false", *SMALL, f"tracking.uri={shared_store}", "trainer.log_every=5"]
    parts = {
        "first": ["model.steps=20", "trainer.checkpoint_every=10"],
        "continued": ["model.steps=40", f"trainer.resume_from={tmp_path}/first/checkpoints/last.ckpt"],
        "undisturbed": ["model.steps=40"],
    }
    metrics = {}
    for name, more in parts.items():
        (tmp_path / name).mkdir()
        assert command("run", *words, *more, folder=tmp_path / name).code == 0
        metrics[name] = outcome_in(tmp_path / name)["metrics"]
    assert metrics["continued"] == metrics["undisturbed"] != metrics["first"]


def test_a_training_that_diverges_is_told_in_one_line(
    command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    words = ["model=gan", "model.steps=20", "model.learning_rate=1e30", "tracking.pictures=false"]
    answer = command("run", *words, *SMALL, f"tracking.uri={shared_store}")
    assert answer.code == 1
    assert answer.err == "failed: Gan: discriminator_loss is nan at step 10\n"
    run = MlflowClient(shared_store).get_run(outcome_in(tmp_path)["run_id"])
    assert run.info.status == "FAILED"


def test_an_oracle_with_too_few_points_is_unavailable_which_is_no_failure(
    command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    answer = command("run", "model=real", "mix.ratio=20", *SMALL, f"tracking.uri={shared_store}")
    line = "model.name=real: 1000 real points asked for, the pool holds 950"
    assert (answer.code, answer.err) == (0, f"unavailable: {line}\n")
    run = MlflowClient(shared_store).get_run(outcome_in(tmp_path)["run_id"])
    assert (run.info.status, run.data.tags["synthmix.unavailable"]) == ("FINISHED", line)
    assert "cluster/ari" not in run.data.metrics
