"""A generator for each class: whose points a class's pool is made of, and which labels the places of the pool have."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.loggers import Logger
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from synthmix.api import load_dataset, load_generator, make_generator
from synthmix.data.base import Dataset
from synthmix.errors import TrainingDiverged
from synthmix.generators.base import Generator
from synthmix.generators.checkpoint import save_generator
from synthmix.generators.per_class import PerClass
from synthmix.seeds import derive_seed

DIGITS = load_dataset("digits").take(slice(110))
X, Y = DIGITS.x, DIGITS.y
assert Y is not None
LABELS: Tensor = Y
NET: dict[str, Any] = {"steps": 4, "batch_size": 8, "networks": {"hidden": [8]}}


def fitted(name: str, labels: Tensor = LABELS, **options: Any) -> PerClass:
    made = PerClass(lambda: make_generator(name, **options), labels)
    return made.fit(DIGITS.take(slice(len(labels))).unlabelled(), seed=3)


def test_labels_of_the_pool_are_those_of_train_once_a_pass_in_a_new_order_each_time() -> None:
    found = fitted("duplicate").pool_labels(330, seed=5)
    passes = found.view(3, 110)
    assert all(Counter(one.tolist()) == Counter(LABELS.tolist()) for one in passes)
    assert not torch.equal(passes[0], passes[1])
    assert torch.equal(fitted("gaussian", folds=2).pool_labels(100, seed=5), found[:100])
    assert fitted("duplicate").pool_labels(0, seed=5).shape == (0,)


def test_prefixes_have_the_proportions_of_train_in_expectation() -> None:
    unequal = torch.tensor([0] * 80 + [1] * 20)
    made = PerClass(lambda: make_generator("duplicate"), unequal)
    first = torch.stack([made.pool_labels(10, seed) for seed in range(400)])
    assert float(first.float().mean()) == pytest.approx(0.2, abs=4 * (0.16 / 4000) ** 0.5)


def test_a_copy_has_the_label_of_the_point_that_it_copies_and_each_point_is_copied_once_a_pass() -> None:
    made = fitted("duplicate")
    points, labels = made.sample(1100, 5), made.pool_labels(1100, 5)
    places = torch.cdist(points.flatten(1), X.flatten(1)).argmin(1)
    assert torch.equal(points, X[places])
    assert torch.equal(LABELS[places], labels)
    assert set(Counter(places.tolist()).values()) == {10}


@pytest.mark.parametrize("name", ["bootstrap", "jitter", "smote"])
def test_each_class_is_drawn_from_its_own_points_by_a_generator_of_its_own(name: str) -> None:
    made = fitted(name)
    points, labels = made.sample(600, 7), made.pool_labels(600, 7)
    for label, member in made.members.items():
        own = points[labels == label]
        assert len(own) > 20
        alone = make_generator(name).fit(DIGITS.take(label == LABELS), seed=0)
        assert vars(member).keys() == vars(alone).keys()
        assert torch.equal(vars(member)["x"], vars(alone)["x"])
        if name == "bootstrap":
            assert {one.numpy().tobytes() for one in own} <= {one.numpy().tobytes() for one in X[label == LABELS]}


def test_points_of_a_model_look_like_their_class() -> None:
    made = fitted("gaussian", folds=2)
    judge = KNeighborsClassifier(1).fit(X.flatten(1).numpy(), LABELS.numpy())
    said = judge.predict(made.sample(500, 1).flatten(1).numpy())
    assert (said == made.pool_labels(500, 1).numpy()).mean() > 0.9


@pytest.mark.parametrize(("name", "options"), [("duplicate", {}), ("gaussian", {"folds": 2}), ("gan", NET)])
def test_a_pool_is_a_prefix_of_a_longer_one_and_a_class_takes_the_points_of_its_pool_in_their_order(
    name: str, options: dict[str, Any]
) -> None:
    made = fitted(name, **options)
    points, labels = made.sample(1300, 2), made.pool_labels(1300, 2)
    assert torch.equal(made.sample(700, 2), points[:700])
    for label, member in made.members.items():
        own = points[labels == label]
        assert torch.equal(member.sample(len(own), derive_seed(2, "class", label)), own)


def test_no_class_shares_its_noise_with_another() -> None:
    twice = Dataset(torch.cat([X[:10], X[:10]]), None, DIGITS.spec)
    made = PerClass(lambda: make_generator("jitter"), torch.tensor([0] * 10 + [1] * 10)).fit(twice, seed=0)
    points, labels = made.sample(200, 0), made.pool_labels(200, 0)
    assert not torch.equal(points[labels == 0][:50], points[labels == 1][:50])


def test_a_class_without_a_point_has_no_generator() -> None:
    made = fitted("duplicate", torch.where(LABELS == 4, 5, LABELS))
    assert made.classes == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert 4 not in made.pool_labels(500, 0)


def test_labels_belong_to_points() -> None:
    with pytest.raises(ValueError, match="109 points, but 110 labels"):
        PerClass(lambda: make_generator("jitter"), LABELS).fit(DIGITS.take(slice(109)), seed=0)


@pytest.mark.parametrize(("name", "options"), [("vae", NET), ("gaussian", {"folds": 2})])
def test_what_was_stored_samples_as_what_was_fitted(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    made = fitted(name, **options)
    node = {"_target_": f"{type(made.members[0]).__module__}.{type(made.members[0]).__name__}", "name": name}
    if name == "vae":
        node |= {**NET, "networks": {**NET["networks"], "_target_": "synthmix.generators.autoencoder.coders.MlpCoders"}}
    loaded = load_generator(
        str(save_generator(made, {**node, **options} if name != "vae" else node, tmp_path / "g.pt"))
    )
    assert isinstance(loaded, PerClass)
    assert torch.equal(loaded.sample(600, 3), made.sample(600, 3))
    assert torch.equal(loaded.pool_labels(600, 3), made.pool_labels(600, 3))


class Losses(Logger):
    """Keeps the names of what it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    name = version = "kept"  # type: ignore[assignment]

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:  # type: ignore[override]
        self.names |= set(metrics)


def test_each_class_has_loss_curves_of_its_own() -> None:
    losses = Losses()
    PerClass(lambda: make_generator("gan", **NET), LABELS).fit(DIGITS.unlabelled(), seed=0, logger=losses)
    assert {f"train/class_{label}/generator_loss" for label in range(10)} <= losses.names
    assert all(name.startswith("train/class_") for name in losses.names)


def test_a_training_that_diverges_names_its_class() -> None:
    class Diverging(Generator):
        def fit(self, dataset: Dataset, *, seed: int) -> Generator:  # type: ignore[override]
            raise TrainingDiverged("loss is nan at step 3")

        def draw(self, n: int, rng: torch.Generator) -> Tensor:
            raise AssertionError

    with pytest.raises(TrainingDiverged, match="class 0: loss is nan at step 3"):
        PerClass(Diverging, LABELS).fit(DIGITS.unlabelled(), seed=0)
