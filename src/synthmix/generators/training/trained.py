"""A generator that is trained by gradient: a LightningModule with `fit` and `sample`."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar, Self

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor, nn

from synthmix.config.plain import to_plain
from synthmix.data.base import Dataset, digest_of
from synthmix.errors import InvalidInput, TrainingDiverged
from synthmix.generators.config import TrainedConfig
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.minibatches import MinibatchOrder
from synthmix.generators.training.moving_average import MovingAverage
from synthmix.generators.training.trainer import Stepwise, run_training
from synthmix.seeds import derive_seed, isolated_rng
from synthmix.spec import DataSpec


class TrainedGenerator(Stepwise, LearnedGenerator):
    """Base of gradient-trained generators; a subclass defines `build`, `step`, `configure_optimizers` and `draw`.

    Everything that sampling needs is in `self.network`. With `ema_decay` an exponential moving average of it is kept,
    θ̄ ← decay·θ̄ + (1 − decay)·θ after each step, and used in its place.

    Args:
        config: how it is trained, and the family's own settings.
    """

    network: nn.Module
    train_x: Tensor
    trainer_keys: ClassVar[Sequence[str]] = (
        *("accelerator", "precision", "limit_steps", "resume_from"),
        *("choose", "choose_every"),
    )
    # Whether a schedule depends on the number of steps: such a training cannot be extended by resuming it.
    annealed = False

    def __init__(self, config: TrainedConfig) -> None:
        super().__init__()
        self.config = config
        # Manual optimization: a GAN alternates two optimizers, and a Lightning batch is a block of many steps.
        self.automatic_optimization = False
        self.steps, self.batch_size, self.ema_decay = config.steps, config.batch_size, config.ema_decay
        self.steps_done, self.last_step, self.log_every = 0, config.steps, config.steps
        self.ema: nn.Module | None = None
        self._average: MovingAverage | None = None
        self._resumed: dict[str, Any] | None = None

    @abstractmethod
    def build(self, spec: DataSpec) -> None:
        """Makes the nets and optimizers for data of this spec. Called with a seeded global generator."""

    @abstractmethod
    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One generator update on `points_per_step` rows of `training_points`; returns its losses, detached."""

    def start(self, x: Tensor) -> None:
        """Hook before training; does nothing by default."""

    def training_points(self, x: Tensor) -> Tensor:
        """What minibatches are taken of, once `start` has seen the points: the points, unless a family says so."""
        return x

    def finish(self, x: Tensor) -> None:
        """Fits what remains once the nets are trained on `x`; nothing, unless a family says so."""

    def unfinish(self) -> None:
        """Drops what `finish` has fitted."""

    def fit(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        options: TrainerOptions | None = None,
        logger: Logger | None = None,
        callbacks: Sequence[Callback] = (),
        for_sampling: bool = True,
    ) -> Self:
        """Trains on `dataset.x` and returns self, in evaluation mode, on the CPU.

        Where `for_sampling` is false, what only sampling needs is left out.

        Raises:
            TrainingDiverged: a loss is not finite.
            InvalidInput: the checkpoint to resume from belongs to other hyper-parameters, points or seed, or to a
                longer training.
        """
        options = options or TrainerOptions()
        self.prepare(dataset.spec, seed)
        points = dataset.x.float()  # a table that nobody has split is float64
        self.start(points)
        self.train()
        self.log_every, self.last_step = options.log_every, min(self.steps, options.limit_steps or self.steps)
        self.register_buffer("train_x", self.training_points(points), persistent=False)
        order = MinibatchOrder(len(dataset), self.points_per_step, derive_seed(seed, "order"))
        with isolated_rng(derive_seed(seed, "training")):
            run_training(self, order, options, logger, callbacks)
            self.cpu().eval()
            if for_sampling:
                self.finish(self.train_x)
        self._average = None
        del self.train_x
        return self

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Makes the nets, and their average where one is kept, without training them."""
        super().prepare(spec, seed)
        self.steps_done = 0
        with isolated_rng(derive_seed(seed, "weights")):
            self.build(spec)
        self.begin_average()

    def begin_average(self) -> None:
        """Initialises the average, if any, with the current weights."""
        self.ema = None if self.ema_decay is None else deepcopy(self.network).requires_grad_(False)

    def preview(self, n: int, seed: int) -> Tensor:
        """What to look at while it is trained, (n, *spec.shape): the beginning of its pool."""
        return self.sample(n, seed)

    def sample_on_the_way(self, n: int, seed: int) -> Tensor:
        """What it would sample if the training ended here, (n, *spec.shape)."""
        self.eval()
        self.finish(self.train_x.cpu())
        points = self.sample(n, seed)
        self.unfinish()
        self.train()
        return points

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Takes up the weights of a finished training; call `prepare` before."""
        super().load_fitted(state)
        self.steps_done = self.steps

    @property
    def points_per_step(self) -> int:
        """Real points that a step sees."""
        return self.batch_size

    @property
    def sampler(self) -> nn.Module:
        """The net to sample from: the average where one is kept."""
        return self.network if self.ema is None else self.ema

    def training_step(self, block: Tensor, _: int) -> None:
        """Runs the minibatches whose row numbers `block`, (k, points_per_step), holds."""
        for rows in block:
            losses = self.step(self.train_x.index_select(0, rows))
            self.steps_done += 1
            if self._average is not None:
                self._average.update()
        self._log_losses(losses)
        self.trainer.should_stop = self.steps_done == self.last_step

    def _log_losses(self, losses: dict[str, Tensor]) -> None:
        """Checks the last losses of a block, which ends where they are due, and before each checkpoint."""
        values = {name: float(value) for name, value in losses.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise TrainingDiverged(f"{type(self).__name__}: {name} is {value} at step {self.steps_done}")
        due = self.steps_done % self.log_every == 0 or self.steps_done == self.last_step
        if due and self.trainer.logger is not None:
            self.trainer.logger.log_metrics({f"train/{key}": value for key, value in values.items()}, self.steps_done)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what an exact continuation needs, in types that load with ``weights_only=True``."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        checkpoint["synthmix"] = {
            "identity": self._identity(),
            "steps_done": self.steps_done,
            "rng": torch.get_rng_state(),
            "cuda_rng": cuda,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint of another training, else takes up its count of steps."""
        saved = checkpoint["synthmix"]
        for key, value in self._identity().items():
            found = saved["identity"].get(key)
            if found != value:
                raise InvalidInput(
                    f"trainer.resume_from: the checkpoint was made with {key}={found}; this training has {value}"
                )
        if saved["steps_done"] > self.last_step:
            raise InvalidInput(
                f"trainer.resume_from: the checkpoint has done {saved['steps_done']} steps; "
                f"must be ≤ {self.last_step}, the steps of this training"
            )
        self.steps_done = saved["steps_done"]
        self._resumed = saved

    def on_train_start(self) -> None:
        """Begins to average where that is asked for, and continues the random stream of a checkpoint."""
        if self.ema is not None and self.ema_decay is not None:
            self._average = MovingAverage(self.ema, self.network, self.ema_decay)
        self.trainer.should_stop = self.steps_done == self.last_step
        if self._resumed is not None:
            torch.set_rng_state(self._resumed["rng"])
            if self._resumed["cuda_rng"] and torch.cuda.is_available():
                torch.cuda.set_rng_state_all(self._resumed["cuda_rng"])
            self._resumed = None

    def _identity(self) -> dict[str, Any]:
        """What two trainings must share for one to continue the other; more steps may be asked for."""
        left_out = {"_target_", "name"} if self.annealed else {"_target_", "name", "steps"}
        settings = {key: value for key, value in to_plain(self.config).items() if key not in left_out}
        if hasattr(self, "networks"):
            settings["networks"] = repr(self.networks)
        data = {"points": len(self.train_x), "digest": digest_of(self.train_x.cpu())}
        return {**settings, **data, "seed": self.seed, "precision": str(self.trainer.precision)}
