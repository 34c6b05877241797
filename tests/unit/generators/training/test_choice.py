"""The state of a training that is kept: the one with the lowest score, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.choice import KeepBest
from synthmix.generators.training.trained import TrainedGenerator

NAMES = pytest.mark.parametrize("name", ["gan", "dcgan", "vae", "autoencoder"])
STEPS, EVERY = 20, 6
LOOKS = [6, 12, 18, 20]


class Scripted:
    """Scores in a row, whatever the sample."""

    def __init__(self, *scores: float) -> None:
        self.scores = list(scores)
        self.seen: list[Tensor] = []

    def __call__(self, sample: Tensor) -> float:
        self.seen.append(sample)
        return self.scores.pop(0)


def fitted(
    make: Callable[..., TrainedGenerator],
    name: str,
    data: Dataset,
    choice: KeepBest,
    steps: int = STEPS,
    **options: Any,
) -> TrainedGenerator:
    generator = make(name, steps=steps)
    return generator.fit(data, seed=0, options=TrainerOptions(**options), callbacks=[choice])


@NAMES
@pytest.mark.parametrize("best", range(4))
def test_what_is_kept_is_a_training_that_ended_there(
    name: str,
    best: int,
    few_digits: Dataset,
    make: Callable[..., TrainedGenerator],
    train: Callable[..., TrainedGenerator],
    equal: Callable[..., bool],
) -> None:
    scores = [float(position != best) for position in range(4)]
    choice = KeepBest("scripted", Scripted(*scores), every=EVERY, seed=0)
    kept = fitted(make, name, few_digits, choice)
    assert choice.best_step == LOOKS[best]
    assert equal(kept, train(name, few_digits, LOOKS[best]))
    assert kept.steps_done == STEPS


def test_a_look_sees_what_would_be_sampled_then(
    few_digits: Dataset, make: Callable[..., TrainedGenerator], train: Callable[..., TrainedGenerator]
) -> None:
    score = Scripted(3, 2, 1, 0)
    fitted(make, "autoencoder", few_digits, KeepBest("scripted", score, every=EVERY, seed=5))
    for step, seen in zip(LOOKS, score.seen, strict=True):
        assert torch.equal(seen, train("autoencoder", few_digits, step).sample(len(seen), 5))


@pytest.mark.parametrize("log_every", [1, 4, 50])
def test_looks_do_not_depend_on_the_length_of_blocks(
    log_every: int, few_digits: Dataset, make: Callable[..., TrainedGenerator]
) -> None:
    choice = KeepBest("scripted", Scripted(1, 0, 2, 3), every=EVERY, seed=0)
    fitted(make, "gan", few_digits, choice, log_every=log_every)
    assert choice.best_step == 12


@NAMES
def test_a_resumed_training_chooses_among_all_of_its_states(
    name: str,
    few_digits: Dataset,
    make: Callable[..., TrainedGenerator],
    train: Callable[..., TrainedGenerator],
    equal: Callable[..., bool],
) -> None:
    fitted(make, name, few_digits, KeepBest("s", Scripted(0, 1, 2), every=6, seed=0), steps=14, checkpoint_every=7)
    again = KeepBest("s", Scripted(5, 6), every=6, seed=0)
    kept = fitted(make, name, few_digits, again, resume_from="checkpoints/last.ckpt", checkpoint_every=7)
    assert again.best_step == 6
    assert equal(kept, train(name, few_digits, 6))


def test_a_training_without_a_choice_cannot_be_resumed_with_one(
    few_digits: Dataset, make: Callable[..., TrainedGenerator], train: Callable[..., TrainedGenerator]
) -> None:
    options = TrainerOptions(checkpoint_every=7, log_every=7)
    make("gan", steps=14).fit(few_digits, seed=0, options=options)
    again = KeepBest("s", Scripted(*range(9)), every=6, seed=0)
    with pytest.raises(InvalidInput, match=r"made with trainer.choose=last; this training has s$"):
        fitted(make, "gan", few_digits, again, resume_from="checkpoints/last.ckpt", checkpoint_every=7)


@pytest.mark.parametrize(("name", "every"), [("other", 6), ("s", 5)])
def test_scores_of_two_kinds_are_not_compared(
    name: str, every: int, few_digits: Dataset, make: Callable[..., TrainedGenerator]
) -> None:
    fitted(make, "gan", few_digits, KeepBest("s", Scripted(0, 1, 2), every=6, seed=0), steps=14, checkpoint_every=7)
    again = KeepBest(name, Scripted(*range(9)), every=every, seed=0)
    with pytest.raises(InvalidInput, match=r"^trainer.resume_from: the checkpoint was made with trainer.choose"):
        fitted(make, "gan", few_digits, again, resume_from="checkpoints/last.ckpt", checkpoint_every=7)
