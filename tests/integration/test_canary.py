"""A canary for leaks: other test points, or other labels, change the scores that are made of them and nothing else.

But for the learner of a supervised task: labels of train and pool change what it puts out, and still nothing else.

Every member of conf/{model,gate,representation} and of all learners is found by itself and goes through `run_cell`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

import synthmix.cell
import synthmix.pipeline.stages
from synthmix.cell import ComputedCell, run_cell
from synthmix.config.cell import LEARNERS, CellConfig, check
from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.instantiate import instantiate
from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split
from synthmix.generators.roles import is_stored
from synthmix.metric import HeldOut, scores_of
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import metrics_of
from synthmix.pipeline.stages import Stages
from synthmix.tracking.base import RunRecord
from synthmix.tracking.none import Tracker

MEMBERS = [
    f"{group}={path.stem}"
    for group in ("model", "gate", "representation", *LEARNERS)
    for path in sorted((conf_dir() / group).glob("*.yaml"))
]
# Packages that synthmix does not bring.
OPTIONAL = {"detector=pyod": "pyod", "clusterer=kmedoids": "kmedoids", "clusterer=gower_kmedoids": "kmedoids"}
CELLS = [
    pytest.param(member, marks=pytest.mark.skipif(find_spec(OPTIONAL[member]) is None, reason=f"no {OPTIONAL[member]}"))
    if member in OPTIONAL
    else member
    for member in MEMBERS
]
# What a member needs of the rest, as in tests/configs; what is not trained is the quickest beside the others.
SUITS = {
    "model=truth": ["data=toy", "data.n_points=400"],
    "gate=discriminator": ["model=gan"],
    "gate=top_k": ["model=gan"],
    "gate=typicality": ["model=real"],  # noisy copies of so few points are not typical
    "model=flow_matching": ["model.evaluations=2"],
    "model=vae_incomplete": ["data=toy", "data.n_points=400"],
    "model=tvae": ["data=toy", "data.n_points=400"],
    "model=ctgan": ["data=toy", "data.n_points=400"],
    "model=text_lm": ["data=text", "data.path=documents", "data.n_components=4"],
    "representation=tsne": ["representation.n_iter=25"],
    **{
        f"clusterer={name}": ["data=table", "data.path=mixed.csv", "data.label_column=kind"]
        for name in ("kprototypes", "gower_kmedoids")
    },
}
SMALL = ["data.n_train=60", "data.n_val=60", "data.n_test=60", "quality.n_samples=40", "tracking.pictures=false"]
TRAINED = ["trainer.limit_steps=4", "trainer.choose=kid", "trainer.choose_every=2"]
TASKS = {
    "detector": ["task=anomaly_detection", "data.normal_class=0"],
    "codec": ["task=compression"],
    "classifier": ["task=classification"],
}
ELSEWHERE = ("seconds", "environment", "environment_text", "run_id")  # of a stage's payload: no result


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents on two subjects."""
    folder, rng = tmp_path_factory.mktemp("documents"), np.random.default_rng(0)
    for subject, words in (("sea", "ship wave salt wind sail port"), ("land", "field road hill farm tree barn")):
        (folder / subject).mkdir()
        for number in range(110):
            chosen = rng.choice([*words.split(), "the", "and", "long", "day"], 30)
            (folder / subject / f"{number}.txt").write_text(" ".join(chosen))
    return folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table whose first and last column have the same levels, so that a row can be read from either end."""
    file, rng = tmp_path_factory.mktemp("mixed") / "mixed.csv", np.random.default_rng(0)
    kind = np.arange(240) % 2
    first, last = (np.where(rng.random(240) < 0.8, kind, rng.integers(0, 3, 240)) for _ in range(2))
    rows = zip(first, rng.normal(kind, 1), last, kind, strict=True)
    file.write_text("a,n,b,kind\n" + "".join(f"v{a},{n:.3f},v{b},{k}\n" for a, n, b, k in rows))
    return file


@pytest.fixture(scope="module")
def config_of(documents: Path, mixed: Path) -> Iterator[Callable[[str], CellConfig]]:
    """A small cell with a member, composed once."""
    with composer() as compose:

        @cache
        def config_of(member: str) -> CellConfig:
            base = [] if member.startswith("model=") else ["model=jitter"]
            places = {"data.path=documents": f"data.path={documents}", "data.path=mixed.csv": f"data.path={mixed}"}
            suits = [places.get(text, text) for text in SUITS.get(member, [])]
            task = TASKS.get(member.partition("=")[0], [])
            config = check(compose(["tracking=none", *SMALL, *TRAINED, *base, *task, member, *suits]))
            few = (
                {"mixture_components": 2} if hasattr(config.model, "mixture_components") else {}
            )  # else one tries many
            return replace(config, model=replace(config.model, **few))

        yield config_of


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stores, one for each member, so that a training serves both tests."""
    return tmp_path_factory.mktemp("stores")


class OtherTest(Resources):
    """Those of a data set whose test points are others, at the same places."""

    def splits(self, config: CellConfig) -> Splits:
        dataset = self.dataset(config)
        sizes = {name: getattr(config.data, name) for name in ("n_train", "n_val", "n_test", "n_reserve")}
        more: dict[str, Any] = {"seed": config.seed, **sizes}
        # Where they are, numbers in place of the labels tell.
        numbered = replace(dataset, y=torch.arange(len(dataset)), density=None)
        place, x = split(numbered, **more).test.y, dataset.x.clone()
        x[place] = x[place].flip(-1)
        if dataset.documents is not None:  # of which the points are made: each test document in the place of another
            index = torch.arange(len(dataset))
            index[place] = place.flip(0)
            dataset = replace(dataset, documents=dataset.documents.take(index))
        return split(replace(dataset, x=x), anomalies=config.anomaly_protocol, **more)


class OtherLabels(Resources):
    """Those of splits whose labels are shuffled in each part: what train is made of may depend on them by protocol."""

    parts: ClassVar[Sequence[str]] = ("train", "pool", "val", "test")

    def splits(self, config: CellConfig) -> Splits:
        splits = super().splits(config)
        return replace(splits, **{name: relabelled(getattr(splits, name)) for name in self.parts})


class OtherHeldOutLabels(OtherLabels):
    """Those whose held-out labels alone are shuffled, as those of train reach the learner of a supervised task."""

    parts = ("val", "test")


def relabelled(part: Dataset) -> Dataset:
    assert part.y is not None
    return replace(part, y=part.y[torch.randperm(len(part), generator=torch.Generator().manual_seed(1))])


def computed(config: CellConfig, resources: Resources) -> ComputedCell:
    with resources.tracker.open(RunRecord(kind="cell", name="canary")) as run:
        stages = Stages(config, resources, run)
        return run_cell(config, stages)


def canary(config: CellConfig, kind: type[Resources], folder: Path) -> tuple[dict[str, str], dict[str, float], Any]:
    """Digests of whatever a cell has computed without test, its scores on val and test, and the cell."""
    resources = kind.at(Tracker(None, "canary"), folder)
    cell = computed(config, resources)
    found = {}
    for manifest in resources.store.entries():
        entry = resources.store.find(manifest.stage, manifest.key)
        assert entry is not None
        found[f"{manifest.stage} {manifest.key}"] = digest(entry.payload)
    mixture, points = cell.mixture, cell.representation.transform(cell.mixture.dataset.x)
    found |= {"mixture": digest([mixture.dataset.x, mixture.weights]), "points": digest(points)}
    found |= {"acceptance": digest(cell.numbers.get("gate/acceptance_rate"))}
    found |= {"outputs on val": digest(cell.outputs["val"]), "outputs on train": digest(cell.task.outputs(points))}
    scores = {
        f"{part} {name}": score
        for part in cell.splits.held_out
        for name, score in scores_on(part, cell, config).items()
    }
    return found, scores, cell


def scores_on(part: str, cell: ComputedCell, config: CellConfig) -> dict[str, float]:
    points = cell.splits.held_out[part]
    return scores_of(metrics_of(config), HeldOut(cell.outputs[part], points.x, points.y, config.seed))


def digest(value: Any) -> str:
    """SHA-256 of nested values, to the bit."""
    sha = hashlib.sha256()
    for text in _bytes(value):
        sha.update(text)
    return sha.hexdigest()


def _bytes(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            if key not in ELSEWHERE:
                yield str(key).encode()
                yield from _bytes(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _bytes(item)
    elif isinstance(value, Tensor | np.ndarray):
        array = np.ascontiguousarray(value)
        yield f"{array.dtype} {array.shape}".encode()
        yield array.tobytes()
    else:
        yield repr(value).encode()


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every class whose `fit` was called within a cell, each looked at for labels among what it was given."""
    seen: list[str] = []
    watched = set()

    def watch(kind: type[Any]) -> None:
        original: Callable[..., Any] = kind.fit

        def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(kind.__name__)
            for given in (*args, *kwargs.values()):
                assert not has_labels(given), f"{kind.__name__}.fit is given labels"
            return original(self, *args, **kwargs)

        monkeypatch.setattr(kind, "fit", fit)

    def build(config: Any, **more: Any) -> Any:
        built = instantiate(config, **more)
        kind = type(built)
        if hasattr(kind, "fit") and kind not in watched:
            watched.add(kind)
            watch(kind)
        return built

    for module in (synthmix.cell, synthmix.pipeline.stages):
        monkeypatch.setattr(module, "instantiate", build)
    return seen


def has_labels(given: Any) -> bool:
    if isinstance(given, Splits):
        parts = (given.train, given.pool, given.val, given.test, given.reserve)
        return any(part is not None and part.y is not None for part in parts)
    return isinstance(given, Dataset) and given.y is not None


@pytest.mark.parametrize("member", CELLS)
def test_other_test_points_or_labels_change_the_scores_that_are_made_of_them_and_nothing_else(
    member: str, config_of: Callable[[str], CellConfig], stored: Path, fits: list[str], tmp_path: Path
) -> None:
    config = config_of(member)
    found, scores, cell = canary(config, Resources, stored / member)
    tried = {type(built).__name__ for built in (cell.task, cell.representation, cell.task.estimator)}
    assert {*fits} >= tried - {"IdentityRepresentation"}
    by_labels = {name for name, metric in metrics_of(config).items() if metric.needs_labels}

    without_test, other_scores, other = canary(config, OtherTest, tmp_path / "other test")
    assert not torch.equal(other.splits.test.x, cell.splits.test.x)
    assert without_test == found
    assert {name for name, score in scores.items() if other_scores.get(name) != score} <= of("test", scores)

    kind = OtherHeldOutLabels if config.task.supervised else OtherLabels
    without_labels, other_scores, other = canary(config, kind, tmp_path / "other labels")
    assert without_labels == found
    assert {name for name, score in scores.items() if other_scores.get(name) != score} <= {
        name for name in scores if name.partition(" ")[2] in by_labels
    }


SUPERVISED = [member for member in MEMBERS if member.startswith("classifier=")]


@pytest.mark.parametrize("model", ["jitter", "real"])
@pytest.mark.parametrize("member", SUPERVISED)
def test_labels_of_train_reach_the_learner_of_a_supervised_task_and_nothing_else(
    member: str, model: str, config_of: Callable[[str], CellConfig], tmp_path: Path
) -> None:
    config = replace(config_of(member), model=config_of(f"model={model}").model)
    found, _, cell = canary(config, Resources, tmp_path / "labels")
    other, _, _ = canary(config, OtherLabels, tmp_path / "other labels")
    assert cell.task.supervised
    assert {name for name in found if found[name] != other[name]} == {"outputs on val", "outputs on train"}
    # What a model makes has no label; an oracle's points have that of the pool.
    assert ("labelled_share" in cell.outputs["test"]) == (model == "jitter")


@pytest.mark.parametrize("model", ["gaussian", "jitter", "real"])
def test_labels_of_train_reach_a_generator_for_each_class_and_those_of_test_nothing(
    model: str, config_of: Callable[[str], CellConfig], tmp_path: Path, fits: list[str]
) -> None:
    """No fit is given labels with its points; which points it is given may depend on those of train alone."""
    config = replace(config_of("classifier=knn"), model=config_of(f"model={model}").model)
    config = replace(config, task=replace(config.task, labels="per_class"))
    if model == "gaussian":
        config = replace(config, model=replace(config.model, folds=2), data=replace(config.data, n_train=120))
    found, scores, cell = canary(config, Resources, tmp_path / "labels")
    assert "labelled_share" not in cell.outputs["test"]  # none is left for the classifier to label
    assert len(fits) >= 10 + 1 if model != "real" else fits

    held_out, other_scores, _ = canary(config, OtherHeldOutLabels, tmp_path / "held out")
    assert held_out == found
    assert {name.partition(" ")[0] for name in scores if other_scores.get(name) != scores[name]} <= {"val", "test"}
    without_test, other_scores, other = canary(config, OtherTest, tmp_path / "other test")
    assert not torch.equal(other.splits.test.x, cell.splits.test.x)
    assert without_test == found
    assert {name for name, score in scores.items() if other_scores.get(name) != score} <= of("test", scores)

    of_train, _, _ = canary(config, OtherLabels, tmp_path / "other labels")
    moved = {name.partition(" ")[0] for name in found if found[name] != of_train[name]}
    assert moved >= {"outputs"}
    assert ("mixture" in moved) is (model != "real")  # an oracle's points are the same whatever their labels


def test_an_unsupervised_task_cannot_ask_for_a_generator_for_each_class(
    config_of: Callable[[str], CellConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of("model=jitter")
    monkeypatch.setattr(type(config.task), "per_class", True)
    kind = canary(config, Resources, tmp_path / "labels"), canary(config, OtherLabels, tmp_path / "other labels")
    assert kind[0][0] == kind[1][0]


def test_an_oracle_has_the_labels_of_its_points(config_of: Callable[[str], CellConfig], tmp_path: Path) -> None:
    """Known answer: as many real points again are the train of twice the size, whose next points the pool holds."""
    config = replace(config_of("classifier=knn"), model=config_of("model=real").model)
    n = config.data.n_train
    assert n is not None
    oracle = replace(config, mix=replace(config.mix, ratio=1.0))
    twice = replace(config, mix=replace(config.mix, ratio=0.0), data=replace(config.data, n_train=2 * n))
    outputs = [
        computed(each, Resources.at(Tracker(None, "canary"), tmp_path)).outputs["test"] for each in (oracle, twice)
    ]
    np.testing.assert_array_equal(outputs[0]["probabilities"], outputs[1]["probabilities"])


def of(part: str, scores: Mapping[str, float]) -> set[str]:
    return {name for name in scores if name.startswith(f"{part} ")}


NESTED = [member for member in MEMBERS if member.partition("=")[0] in ("model", "gate")]


@pytest.mark.parametrize("member", NESTED)
def test_the_synthetic_points_of_a_ratio_are_the_first_of_those_of_a_larger_one(
    member: str, config_of: Callable[[str], CellConfig], stored: Path
) -> None:
    resources = Resources.at(Tracker(None, "canary"), stored / member)
    synthetic = []
    for ratio in (0.5, 1.0, 2.0):
        config = replace(config_of(member), mix=replace(config_of(member).mix, ratio=ratio))
        if not is_stored(config.model._target_):  # a control: in a process of its own, as it were
            resources = Resources.at(Tracker(None, "canary"), stored / member)
        synthetic.append(computed(config, resources).mixture.synthetic)
    assert [len(points) for points in synthetic] == [30, 60, 120]
    for fewer, more in pairwise(synthetic):
        assert torch.equal(more[: len(fewer)], fewer)
