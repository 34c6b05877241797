"""Alarms ring over generators that are broken on purpose, and stay silent over sound ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from synthmix.api import load_dataset, make_generator
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.data.base import Splits
from synthmix.data.split import split
from synthmix.quality.alarms import ADVANTAGE, ALARMS, CHECKS, alarms, training_values
from synthmix.quality.scores import quality_scores
from synthmix.seeds import generator_for

N = 1500
Broken = Callable[[Splits, torch.Generator], Tensor]


@pytest.fixture(scope="module")
def limits() -> AlarmsConfig:
    return AlarmsConfig()


@pytest.fixture(scope="module", params=[0, 1])
def splits(request: pytest.FixtureRequest) -> Splits:
    return split(load_dataset("digits"), seed=request.param, n_train=200, n_val=300, n_test=0, n_reserve=0)


def drawn(x: Tensor, rng: torch.Generator, noise: float = 0.0) -> Tensor:
    picked = x[torch.randint(len(x), (N,), generator=rng)]
    return (picked + noise * torch.randn(picked.shape, generator=rng)).clamp(0, 1)


def new_points(splits: Splits, without: int | None = None) -> Tensor:
    assert splits.pool.y is not None
    return splits.pool.x if without is None else splits.pool.x[splits.pool.y != without]


def one_class(splits: Splits, rng: torch.Generator) -> Tensor:
    assert splits.pool.y is not None
    return drawn(splits.pool.x[splits.pool.y == 3], rng, 0.1)


BROKEN: dict[str, tuple[str, Broken]] = {
    "one mode": ("mode_collapse", one_class),
    "one point": ("mode_collapse", lambda splits, rng: drawn(splits.pool.x[:1], rng, 0.05)),
    "twenty points": ("mode_collapse", lambda splits, rng: drawn(splits.pool.x[:20], rng)),
    "no zeros": ("mode_collapse", lambda splits, _: new_points(splits, without=0)),
    "no threes": ("mode_collapse", lambda splits, _: new_points(splits, without=3)),
    "copies": ("memorisation", lambda splits, rng: drawn(splits.train.x, rng, 0.01)),
    "noise": ("divergence", lambda splits, rng: torch.rand(N, *splits.train.spec.shape, generator=rng)),
    "grey": ("divergence", lambda splits, rng: drawn(torch.full_like(splits.train.x, 0.5), rng, 0.1)),
}


def rung(sample: Tensor, splits: Splits, limits: AlarmsConfig) -> set[str]:
    scores = quality_scores(sample, splits, [], n_samples=N)
    return {name for name, reasons in alarms(scores, {}, limits).items() if reasons}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_generator_trips_its_alarm(name: str, splits: Splits, limits: AlarmsConfig) -> None:
    alarm, sample = BROKEN[name]
    assert alarm in rung(sample(splits, generator_for(0, name)), splits, limits)


def test_new_real_points_trip_none(splits: Splits, limits: AlarmsConfig) -> None:
    assert rung(splits.pool.x, splits, limits) == set()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("vae", {"steps": 1500}),
        ("vae", {"steps": 1500, "latent_density": "prior"}),
        ("denoising_autoencoder", {}),
        ("gaussian", {}),
        ("gmm", {}),
    ],
    ids=str,
)
def test_a_sound_generator_trips_none(
    name: str, options: dict[str, object], splits: Splits, limits: AlarmsConfig
) -> None:
    model = make_generator(name, **options).fit(splits.unlabelled().train, seed=0)
    assert rung(model.sample(N, 0), splits, limits) == set()


@pytest.mark.parametrize("name", ["duplicate", "bootstrap"])
def test_copies_of_train_are_told(name: str, splits: Splits, limits: AlarmsConfig) -> None:
    control = make_generator(name).fit(splits.train, seed=0)
    assert rung(control.sample(N, 0), splits, limits) == {"memorisation", "mode_collapse"}


def curve(*advantages: float) -> dict[str, list[tuple[int, float]]]:
    return {ADVANTAGE: [(50 * (place + 1), value) for place, value in enumerate(advantages)]}


@pytest.mark.parametrize(
    ("advantages", "rings"),
    [((0.1,) * 8 + (1.0, 1.0), True), ((1.0,) * 8 + (0.7, 0.7), False), ((1.0,), True), ((0.94,) * 10, False)],
)
def test_a_discriminator_that_wins_at_the_end_is_told(
    advantages: tuple[float, ...], rings: bool, limits: AlarmsConfig
) -> None:
    found = alarms({}, training_values(curve(*advantages)), limits)
    assert list(found) == ["discriminator_wins"]
    assert bool(found["discriminator_wins"]) is rings


def test_of_a_training_the_mean_of_its_last_fifth_is_kept() -> None:
    kept = training_values(curve(*[0.1] * 8, 0.6, 1.0) | {"train/kl": [(50, 3.0)]})
    assert kept == {"discriminator_advantage": pytest.approx(0.8)}
    assert training_values({}) == training_values({"train/kl": [(50, 3.0)]}) == {}


def test_of_one_training_for_each_class_the_discriminator_that_wins_most_counts() -> None:
    of_classes = {f"train/class_{k}/discriminator_advantage": [(50, value)] for k, value in enumerate((0.2, 0.9, 0.4))}
    assert training_values(of_classes) == {"discriminator_advantage": 0.9}


def test_what_cannot_be_judged_is_left_out(limits: AlarmsConfig) -> None:
    assert alarms({}, {}, limits) == {}
    assert alarms({"authenticity": 0.4, "authenticity_floor": 0.5}, {}, limits) == {"memorisation": []}


def test_a_reason_names_value_bound_and_meaning(limits: AlarmsConfig) -> None:
    found = alarms({"coverage": 0.04, "coverage_floor": 0.8, "holes": 0.1}, {}, limits)
    assert found["mode_collapse"] == [
        "coverage 0.04 < 0.08 (0.1 of the 0.8 of real points): few real points have a synthetic one among their "
        "neighbours",
        "holes 0.1 > 0.005: regions of train have hardly a synthetic point",
    ]


def test_every_limit_is_looked_at() -> None:
    assert {check.value for check in CHECKS} == set(AlarmsConfig.__dataclass_fields__)
    assert set(ALARMS) == {"mode_collapse", "memorisation", "divergence", "discriminator_wins"}
