"""SimCLR: its loss against a sum by hand, its views, and what it learns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from synthmix.data.base import Dataset
from synthmix.representations.contrastive.augmentation import cut_out, moved, view
from synthmix.representations.contrastive.config import ContrastiveConfig
from synthmix.representations.contrastive.model import ContrastiveRepresentation, contrastive_loss
from synthmix.spec import DataSpec

IMAGES = torch.from_numpy(load_digits().images).float()[:, None] / 16
TRAIN = Dataset(IMAGES[:200], None, DataSpec("digits", "image", (1, 8, 8), (0.0, 1.0), 10))
NAMES = ("scale", "shift", "cutout", "noise")


def loss_by_hand(first: torch.Tensor, second: torch.Tensor, temperature: float) -> float:
    """Chen et al. 2020, equation 1, term by term."""
    views = [*first, *second]
    n, total = len(first), 0.0

    def alike(i: int, k: int) -> float:
        return math.exp(float(torch.cosine_similarity(views[i], views[k], dim=0)) / temperature)

    for i in range(2 * n):
        partner = (i + n) % (2 * n)
        total -= math.log(alike(i, partner) / sum(alike(i, k) for k in range(2 * n) if k != i))
    return total / (2 * n)


def test_the_loss_is_that_of_the_article() -> None:
    first, second = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    found = contrastive_loss(first, second, torch.arange(5), 0.5).item()
    assert found == pytest.approx(loss_by_hand(first, second, 0.5), rel=1e-5)


def test_an_image_that_stands_twice_in_a_minibatch_is_no_negative_of_itself() -> None:
    first, second = torch.randn(2, 1, 3, generator=torch.Generator().manual_seed(0))
    twice = contrastive_loss(first.repeat(2, 1), second.repeat(2, 1), torch.tensor([4, 4]), 0.5)
    assert twice.item() == pytest.approx(0, abs=1e-6)  # nothing else is there to be told apart


def test_views_differ_the_more_the_stronger_they_are_and_keep_their_shape() -> None:
    torch.manual_seed(0)
    changes = [(view(IMAGES[:100], NAMES, strength) - IMAGES[:100]).abs().mean().item() for strength in (0.05, 0.5, 1)]
    assert changes == sorted(changes)
    assert view(IMAGES[:3], NAMES, 1.0).shape == (3, 1, 8, 8)
    assert torch.equal(view(IMAGES[:3], (), 1.0), IMAGES[:3])


def test_a_shift_moves_an_image_as_a_whole_and_a_cutout_takes_one_square() -> None:
    torch.manual_seed(0)
    assert torch.allclose(moved(IMAGES[:5], 0.0, 0.0), IMAGES[:5], atol=1e-5)
    point = torch.zeros(200, 1, 8, 8)
    point[:, :, 4, 4] = 1
    places = moved(point, 0.0, 0.25).flatten(1).argmax(dim=1)
    rows = places // 8
    assert (rows.min(), rows.max()) == (2, 6)  # a quarter of eight pixels, in either direction
    holes = (cut_out(torch.ones(50, 1, 8, 8), 0.5) == 0).flatten(1).sum(dim=1)
    assert set(holes.tolist()) == {16}


def trained(dataset: Dataset, **changes: Any) -> ContrastiveRepresentation:
    config = ContrastiveConfig(**{"width": 8, "latent_dim": 16, "steps": 60, "batch_size": 32, **changes})
    return ContrastiveRepresentation(config).fit(dataset, seed=1)


def test_views_of_an_image_never_seen_come_to_lie_nearer_to_each_other_than_to_those_of_others() -> None:
    torch.manual_seed(0)
    new = IMAGES[500:600]
    first, second = view(new, NAMES, 0.25), view(new, NAMES, 0.25)
    found = []
    for steps in (1, 200):
        representation = trained(TRAIN, steps=steps, strength=0.25)
        points = [torch.from_numpy(representation.transform(x)) for x in (first, second)]
        found.append(contrastive_loss(*points, torch.arange(100), 0.2).item())
    before, after = found
    assert after < before - 0.2
    assert after < math.log(199) - 0.2  # of codes that tell nothing apart


def test_it_takes_as_many_steps_for_many_points_as_for_few_and_leaves_the_random_state_alone() -> None:
    state = torch.get_rng_state()
    steps = [trained(TRAIN.take(slice(0, n)), steps=7).module.steps_done for n in (5, 200)]
    assert steps == [7, 7]
    assert torch.equal(torch.get_rng_state(), state)


def test_the_code_of_an_image_depends_on_no_other_one() -> None:
    representation = trained(TRAIN, steps=2)
    few, many = (representation.transform(IMAGES[:n])[:3] for n in (3, 90))
    np.testing.assert_allclose(few, many, atol=1e-5)
