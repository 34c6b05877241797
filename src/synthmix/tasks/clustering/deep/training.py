"""Training of a net on weighted points, by the trainer of the generators."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.errors import TrainingDiverged
from synthmix.generators.options import Precision, TrainerOptions
from synthmix.generators.training.minibatches import MinibatchOrder
from synthmix.generators.training.trainer import Stepwise, run_training
from synthmix.seeds import derive_seed, isolated_rng

CHECK_EVERY = 50  # gradient steps between two looks at the loss
BATCH_SIZE = 2000  # of inference


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, and where, a net is trained.

    Attributes:
        steps: gradient steps, at most.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        check_every: steps after which a block of minibatches ends.
    """

    steps: int
    batch_size: int
    learning_rate: float
    accelerator: str
    precision: Precision
    check_every: int = CHECK_EVERY


class WeightedTraining(Stepwise):
    """Base of the nets: a subclass gives `loss`, and perhaps `begin_block`. Trained by Adam.

    Attributes:
        x: the points, (N, d) float32, while it is trained.
        weight: of the points, (N,) float32 of mean 1, likewise.
    """

    x: Tensor
    weight: Tensor
    optimizer: Optimizer

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False  # a batch of Lightning's is a block of many steps
        self.steps_done, self.last_step = 0, 0

    @abstractmethod
    def loss(self, rows: Tensor) -> Tensor:
        """The objective on a minibatch of `x`, whose row numbers are given."""

    def begin_block(self) -> bool:
        """Whether to train on: asked before each block of `check_every` steps."""
        return True

    def train_on(self, x: Tensor, weight: Tensor, schedule: Schedule, seed: int) -> Self:
        """Takes the steps; ends on the CPU and in evaluation mode.

        Raises:
            TrainingDiverged: the loss is not finite.
        """
        self.steps_done, self.last_step = 0, schedule.steps
        self.learning_rate = schedule.learning_rate
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("weight", weight, persistent=False)
        order = MinibatchOrder(len(x), schedule.batch_size, derive_seed(seed, "order"))
        options = TrainerOptions(
            accelerator=schedule.accelerator, precision=schedule.precision, log_every=schedule.check_every
        )
        with isolated_rng(derive_seed(seed, "training")):
            run_training(self.train(), order, options, None, ())
        self.cpu().eval()
        del self.x, self.weight, self.optimizer
        return self

    def configure_optimizers(self) -> Optimizer:
        """Adam over all parameters."""
        self.optimizer = Adam(self.parameters(), lr=self.learning_rate, fused=True)
        return self.optimizer

    def training_step(self, block: Tensor, _: int) -> None:
        """Takes a step for each minibatch whose row numbers `block`, (k, batch_size), holds."""
        if not self.begin_block():
            self.trainer.should_stop = True
            return
        for rows in block:
            loss = self.loss(rows)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.steps_done += 1
        if not math.isfinite(value := float(loss.detach())):
            raise TrainingDiverged(f"{type(self).__name__}: the loss is {value} at step {self.steps_done}")
        self.trainer.should_stop = self.steps_done == self.last_step


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Of a minibatch, (B,), whose weights have mean 1 over all points: the same in expectation as with copies."""
    return (weight * values).mean()


@torch.no_grad()
def applied(net: nn.Module, x: Tensor) -> Tensor:
    """The output of a net, batch by batch."""
    return torch.cat([net(part) for part in _parts(x)])


def _parts(x: Tensor) -> Iterator[Tensor]:
    yield from torch.split(x, BATCH_SIZE)
