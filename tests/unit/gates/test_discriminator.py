"""Gates by a discriminator: rejection sampling moves a density towards the real one."""

from __future__ import annotations

from typing import Self

import pytest
import torch
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.errors import Unavailable
from synthmix.gates.base import Candidates, Gate, accepted_points
from synthmix.gates.config import DiscriminatorConfig, TopKConfig
from synthmix.gates.discriminator import Discriminator, TopK
from synthmix.generators.base import Generator
from synthmix.generators.controls import Bootstrap
from synthmix.seeds import generator_for
from synthmix.spec import DataSpec

SPEC = DataSpec("t", "table", (1,), None, None)
SCALE, SHIFT = 3.0, 5.0  # D's logits are the true ones, distorted as adversarial training distorts them


class Biased(Generator):
    """Three quarters of its points are near −1, while of the real ones half are."""

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        self.spec = dataset.spec
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        return points(n, 0.75, rng)

    def discriminate(self, x: Tensor) -> Tensor:
        true_logits = torch.where(x[:, 0] < 0, torch.tensor(0.5 / 0.75).log(), torch.tensor(0.5 / 0.25).log())
        return SCALE * true_logits + SHIFT + 1e-3 * x[:, 0]


def points(n: int, left: float, rng: torch.Generator) -> Tensor:
    side = torch.where(torch.rand(n, 1, generator=rng) < left, -1.0, 1.0)
    return side + 0.1 * torch.randn(n, 1, generator=rng)


@pytest.fixture
def splits() -> Splits:
    part = Dataset(points(4000, 0.5, generator_for(1, "real")), None, SPEC)
    return Splits(part, part, part, part, None, 0)


def candidates(generator: Generator) -> Candidates:
    fitted = generator.fit(Dataset(torch.zeros(5, 1), None, SPEC), seed=0)
    return Candidates(fitted, 7, lambda: fitted)


def left_share(x: Tensor) -> float:
    return float((x < 0).double().mean())


@pytest.mark.parametrize("acceptance", [None, 0.5])
def test_rejection_sampling_restores_the_proportions_of_the_real_points(
    splits: Splits, acceptance: float | None
) -> None:
    source = candidates(Biased())
    # Of the right side all may pass, of the left one a third.
    gate = Discriminator(DiscriminatorConfig(acceptance=acceptance)).fit(splits, source)
    accepted, _, rate = accepted_points(source, gate, 3000)
    assert left_share(source.first(3000)) == pytest.approx(0.75, abs=0.02)
    assert left_share(accepted) == pytest.approx(0.5, abs=0.05)
    assert rate == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("acceptance", [0.05, 0.5, 0.9])
def test_the_share_that_is_asked_for_passes(splits: Splits, acceptance: float) -> None:
    source = candidates(Biased())
    gate = Discriminator(DiscriminatorConfig(acceptance=acceptance)).fit(splits, source)
    assert gate.accept(source.first(8000)).double().mean() == pytest.approx(acceptance, abs=0.025)


def test_the_best_pass(splits: Splits) -> None:
    source = candidates(Biased())
    gate = TopK(TopKConfig(keep=0.2)).fit(splits, source)
    accepted, _, rate = accepted_points(source, gate, 1000)
    assert left_share(accepted) == 0
    assert rate == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("gate", [Discriminator(DiscriminatorConfig(acceptance=0.4)), TopK(TopKConfig(keep=0.4))])
def test_what_passes_does_not_depend_on_how_many_are_asked_for(gate: Gate, splits: Splits) -> None:
    source = candidates(Biased())
    gate.fit(splits, source)
    assert torch.equal(gate.accept(source.first(3000))[:700], gate.accept(source.first(700)))


@pytest.mark.parametrize("gate", [Discriminator(DiscriminatorConfig()), TopK(TopKConfig())])
def test_a_control_has_no_discriminator(gate: Gate, splits: Splits) -> None:
    control = Bootstrap().fit(splits.train, seed=0)
    with pytest.raises(Unavailable, match="discriminator, which Bootstrap does not have"):
        gate.fit(splits, Candidates(control, 0, lambda: control))
