"""A training as a run of its own: what it logs, what it hands to the store, and how it ends."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch
from mlflow.entities import Run as Entity

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.plain import to_plain
from synthmix.data.base import Splits
from synthmix.errors import Interrupted, TrainingDiverged
from synthmix.generators.checkpoint import read_checkpoint
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.training import Watching, trained
from synthmix.pipeline.training_record import training_head
from synthmix.quality.features.extractors import PcaFeatures
from synthmix.quality.kernels import kid
from synthmix.quality.scores import extract, frechet_distance
from synthmix.seeds import derive_seed
from synthmix.stages.key import key_of
from synthmix.tracking.environment import environment_tags
from synthmix.tracking.mlflow.tracker import Tracker

SMALL = [
    *("data=toy", "data.n_points=300", "data.n_train=60", "data.n_val=50", "data.n_test=50"),
    *(
        "model=vae",
        "model.networks.hidden=[8]",
        "model.latent_dim=2",
        "model.mixture_components=2",
        "model.batch_size=16",
    ),
    *("model.steps=7", "trainer.log_every=2", "tracking.pictures=false"),
]


def config_of(*overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose([*SMALL, *overrides]))


class Training:
    """One training, by hand."""

    def __init__(self, tracker: Tracker, folder: Path, config: CellConfig) -> None:
        self.tracker, self.config = tracker, config
        self.resources = Resources.at(tracker, folder)
        self.splits: Splits = self.resources.splits(config)
        self.declared = self.resources.dependencies(config).generator
        self.generator = instantiate(config.model)

    def __call__(self) -> AbstractContextManager[dict[str, Any]]:
        return trained(self.generator, self.splits, self.declared, Watching.of(self.config, self.resources))

    @property
    def runs(self) -> list[Entity]:
        """The newest first."""
        condition = f"tags.`synthmix.stage_key` = '{self.declared.key}'"
        return list(self.tracker.client.search_runs([self.tracker.experiment_id], condition))


def training(tracker: Tracker, folder: Path, *overrides: str) -> Training:
    return Training(tracker, folder, config_of(*overrides))


def test_a_training_logs_its_losses_and_its_time(tracker: Tracker, tmp_path: Path) -> None:
    one = training(tracker, tmp_path, "seed=1")
    with one() as payload:
        (running,) = one.runs
        assert running.info.status == "RUNNING"  # until its result is stored
    (run,) = one.runs
    assert (run.info.status, run.info.run_id, run.info.run_name) == ("FINISHED", payload["run_id"], "vae seed 1")
    assert run.data.tags["synthmix.kind"] == "generator"
    assert run.data.metrics["time/generator_s"] == payload["seconds"] > 0
    for name in ("train/reconstruction_loss", "train/kl"):
        history = tracker.client.get_metric_history(run.info.run_id, name)
        assert [point.step for point in history] == [2, 4, 6, 7]
        assert [(point.step, point.value) for point in history] == [tuple(point) for point in payload["curves"][name]]


def test_what_is_stored_and_what_is_logged_give_the_same_generator(tracker: Tracker, tmp_path: Path) -> None:
    one = training(tracker, tmp_path, "seed=2")
    with one() as payload:
        pass
    sample = one.generator.sample(50, 0)
    file = tmp_path / "payload.pt"
    torch.save(payload, file)
    stored = torch.load(file, weights_only=True)
    path = tracker.client.download_artifacts(payload["run_id"], "checkpoint/generator.pt", str(tmp_path))
    for content in (stored["content"], read_checkpoint(Path(path))):
        assert content["model"] == to_plain(one.config.model)
        assert torch.equal(instantiate(one.config.model).load_state(content).sample(50, 0), sample)
    assert json.loads(json.dumps(stored["environment"])) == payload["environment"]


@pytest.mark.parametrize("limit", ["null", "3", "100"])
def test_a_training_ends_at_its_limit(limit: str, tracker: Tracker, tmp_path: Path) -> None:
    with training(tracker, tmp_path, f"trainer.limit_steps={limit}", "seed=3")() as payload:
        assert payload["curves"]["train/kl"][-1][0] == {"null": 7, "3": 3, "100": 7}[limit]


def test_a_training_that_diverges_fails_and_says_why(tracker: Tracker, tmp_path: Path) -> None:
    one = training(tracker, tmp_path, "model.learning_rate=1e30")
    with pytest.raises(TrainingDiverged), one():
        pytest.fail("it went on")
    (run,) = one.runs
    assert run.info.status == "FAILED"
    assert "TrainingDiverged" in run.data.tags["synthmix.error"]


@pytest.mark.parametrize(("error", "status"), [(Interrupted(15), "KILLED"), (OSError("disk full"), "FAILED")])
def test_a_training_whose_result_could_not_be_kept_does_not_count(
    error: BaseException, status: str, tracker: Tracker, tmp_path: Path
) -> None:
    one = training(tracker, tmp_path, f"seed={1000 + ord(status[0])}")
    with pytest.raises(type(error)), one():
        raise error
    assert [run.info.status for run in one.runs] == [status]


def test_pictures_are_logged_where_they_are_asked_for(tracker: Tracker, tmp_path: Path) -> None:
    one = training(tracker, tmp_path, "tracking.pictures=true", "trainer.grid_every=3", "seed=4")
    with one() as payload:
        pass
    files = [file.path for file in tracker.client.list_artifacts(payload["run_id"], "samples")]
    assert "samples/final.png" in files
    assert len(files) > 1


def test_the_cells_of_a_study_write_no_common_checkpoint(tracker: Tracker, tmp_path: Path) -> None:
    folders = []
    for seed in (5, 6):
        study = ["tracking.study=s-1", "trainer.checkpoint_every=3", f"trainer.checkpoint_dir={tmp_path}/checkpoints"]
        one = training(tracker, tmp_path, *study, f"seed={seed}")
        with one():
            pass
        assert one.runs[0].data.tags["synthmix.study"] == "s-1"
        folders.append({file.parent for file in (tmp_path / "checkpoints").rglob("*.ckpt")})
    assert (len(folders[0]), len(folders[1])) == (1, 2)


def test_the_parameters_are_what_a_person_asks_for(tracker: Tracker, tmp_path: Path) -> None:
    one = training(tracker, tmp_path, "seed=7")
    depends_on = one.declared.depends_on
    params = training_head(depends_on, None).params
    assert (params["model.name"], params["model.steps"], params["seed"], params["data.n_train"]) == ("vae", 7, 7, 60)
    assert params["trainer.precision"] == "32-true"
    digests = {depends_on["code"], depends_on["flow"], depends_on["versions"]["torch"]}
    assert not digests & set(map(str, params.values()))


def test_the_tags_lead_to_the_stage() -> None:
    depends_on = {"model": {"name": "gan"}, "seed": 3, "data": {"digest": "abc"}}
    head = training_head(depends_on, None)
    own = {"synthmix.stage_key": key_of("generator", depends_on), "synthmix.data_digest": "abc"}
    assert head.tags == own | environment_tags()
    assert training_head(depends_on, "s-1").tags == {**head.tags, "synthmix.study": "s-1"}
    assert head.name == "gan seed 3"


@pytest.mark.parametrize("score", ["fd_pca", "kid"])
def test_the_state_that_is_kept_is_chosen_on_val(score: str, tracker: Tracker, tmp_path: Path) -> None:
    one = training(tracker, tmp_path, "seed=5", f"trainer.choose={score}", "trainer.choose_every=3")
    with one() as payload:
        pass
    looks = dict(map(tuple, payload["curves"][f"choice/{score}"]))
    assert list(looks) == [3, 6, 7]
    assert payload["curves"]["choice/step"] == [(7, min(looks, key=looks.__getitem__))]
    sample = one.generator.sample(2000, derive_seed(5, "choice"))
    extractor = PcaFeatures.fit(one.splits.val.x, one.splits.val.spec)
    again = {
        "fd_pca": frechet_distance(extractor, one.splits.val.x, sample),
        "kid": kid(extract(extractor, one.splits.val.x), extract(extractor, sample)),
    }
    assert min(looks.values()) == pytest.approx(again[score])


MIXTURE = ["model=gmm", "model.n_components=[1,2,5]", "model.covariance=[full,diag]", "model.folds=2"]


def mixture_of(tracker: Tracker, folder: Path, *overrides: str) -> Training:
    small = [text for text in SMALL if not text.startswith("model")]
    with composer() as compose:
        return Training(tracker, folder, from_plain(compose([*small, *MIXTURE, *overrides])))


def test_a_fit_by_em_logs_its_likelihood_and_its_choice_as_a_training_does(tracker: Tracker, tmp_path: Path) -> None:
    one = mixture_of(tracker, tmp_path, "seed=8")
    with one() as payload:
        pass
    (run,) = one.runs
    curve = tracker.client.get_metric_history(run.info.run_id, "train/log_likelihood")
    assert [(point.step, point.value) for point in curve] == [
        tuple(point) for point in payload["curves"]["train/log_likelihood"]
    ]
    assert len(curve) > 2
    for criterion in ("aic", "bic", "cv_log_likelihood"):
        points = tracker.client.get_metric_history(run.info.run_id, f"selection/{criterion}_diag")
        assert [point.step for point in points] == [1, 2, 5]
    path = tracker.client.download_artifacts(payload["run_id"], "checkpoint/generator.pt", str(tmp_path))
    restored = instantiate(one.config.model).load_state(read_checkpoint(Path(path)))
    assert torch.equal(restored.sample(50, 0), one.generator.sample(50, 0))


def test_a_limit_holds_for_em(tracker: Tracker, tmp_path: Path) -> None:
    with mixture_of(tracker, tmp_path, "trainer.limit_steps=2", "model.tolerance=0", "seed=9")() as payload:
        assert [step for step, _ in payload["curves"]["train/log_likelihood"]] == [0, 1, 2]


@pytest.mark.parametrize(("given", "shown"), [("[1,2]", ["pictures/selection.png"]), ("[2]", [])])
def test_a_choice_among_several_is_shown(given: str, shown: list[str], tracker: Tracker, tmp_path: Path) -> None:
    changes = ["tracking.pictures=true", f"model.n_components={given}", "model.covariance=[diag]", "seed=10"]
    with mixture_of(tracker, tmp_path, *changes)() as payload:
        pass
    assert [file.path for file in tracker.client.list_artifacts(payload["run_id"], "pictures")] == shown
    assert [file.path for file in tracker.client.list_artifacts(payload["run_id"], "samples")] == ["samples/final.png"]
