"""A generator for each class, for a supervised task: the points that it makes have a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.data.scaling import Scaling
from synthmix.errors import TrainingDiverged
from synthmix.generators.base import Generator
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions
from synthmix.seeds import derive_seed, generator_for
from synthmix.spec import DataSpec


class PerClass(LearnedGenerator):
    """One generator for each class among the labels of train, and one pool of them all, in the proportions of train.

    The pool's labels are one seeded permutation of train's labels after the other: n points have the proportions of
    train exactly, every prefix has them in expectation. The point at a place is the next one of its class's own pool.
    So `duplicate` for each class gives copies of train that carry the label of the point they copy, each once a pass.

    Each class has a stream of its own, in fit and pool. Of callbacks of a training none is called, because they look at
    one training, not at several; curves are named `train/class_<label>/<loss>`.

    Args:
        make: makes an unfitted generator.
        labels: of the points that it will be fitted on, in their order, int64, (n,).
    """

    def __init__(self, make: Callable[[], Generator], labels: Tensor) -> None:
        super().__init__()
        self.make, self.labels = make, labels
        self.members: dict[int, Generator] = {}
        one = make()
        if isinstance(one, LearnedGenerator):  # what a training reads of it is what it reads of each
            self.steps, self.trainer_keys = one.steps, one.trainer_keys  # type: ignore[misc]
        else:
            self.steps = 0

    @property
    def classes(self) -> Sequence[int]:
        """Those that have a point, in order."""
        return sorted(set(self.labels.tolist()))

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Forgets an earlier fit."""
        super().prepare(spec, seed)
        self.members = {}

    def fit(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        options: TrainerOptions | None = None,
        logger: Logger | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Fits one generator after the other, each on the points of its class.

        Raises:
            TrainingDiverged: a loss of one of them is not finite.
            ValueError: there are more or fewer points than labels.
        """
        if len(dataset) != len(self.labels):
            raise ValueError(f"{len(dataset)} points, but {len(self.labels)} labels")
        self.prepare(dataset.spec, seed)
        for label in self.classes:
            member, own = self.make(), derive_seed(seed, "class", label)
            points = dataset.take((self.labels == label).nonzero()[:, 0])
            try:
                if isinstance(member, LearnedGenerator):
                    losses = None if logger is None else _LossesOfClass(logger, label)
                    member.fit(points, seed=own, options=_in_own_folder(options, label), logger=losses)
                else:
                    member.fit(points, seed=own)
            except TrainingDiverged as error:
                raise TrainingDiverged(f"class {label}: {error}") from error
            self.members[label] = member
        return self.eval()

    def pool_labels(self, n: int, seed: int) -> Tensor:
        """The labels of the first `n` points of the pool of this seed, int64, (n,); fitted or not."""
        size = len(self.labels)
        orders = [torch.randperm(size, generator=generator_for(seed, "labels", i)) for i in range(-(-n // size))]
        return self.labels[torch.cat(orders)[:n]] if orders else self.labels[:0]

    def draw_block(self, index: int, seed: int) -> Tensor:
        """Block number `index` of the pool of `seed`, (block_size, *spec.shape): each class's next points."""
        labels = self.pool_labels((index + 1) * self.block_size, seed)
        before, here = labels[: -self.block_size], labels[-self.block_size :]
        points = torch.empty(self.block_size, *self.spec.shape)
        for label, member in self.members.items():
            places, first = (here == label).nonzero()[:, 0], int((before == label).sum())
            if len(places):
                points[places] = _stretch(member, first, first + len(places), derive_seed(seed, "class", label))
        return points

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """The first `n` points of a pool of another seed."""
        return self.sample(n, int(torch.randint(2**62, (), generator=rng)))

    def state(self) -> dict[str, Any] | None:  # type: ignore[override]
        """The labels, and the state of each generator under its class; None where one of them cannot be stored."""
        of_classes = {str(label): member.state() for label, member in self.members.items()}
        if None in of_classes.values():
            return None
        found = {"spec": asdict(self.spec), "seed": self.seed, "labels": self.labels, "classes": of_classes}
        return found if self.scaling is None else {**found, "scaling": vars(self.scaling)}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Makes an unfitted one, with the same kind of generator, what `state` was taken of."""
        self.prepare(DataSpec(**state["spec"]), state["seed"])
        self.labels = state["labels"]
        self.members = {int(label): self.make().load_state(found) for label, found in state["classes"].items()}
        if "scaling" in state:
            self.scaling = Scaling(**state["scaling"])
        return self.eval()


class _LossesOfClass(Logger):
    """Hands the losses of one class's training on, under a name of their own."""

    def __init__(self, logger: Logger, label: int) -> None:
        super().__init__()
        self.logger, self.label = logger, label

    @property
    def name(self) -> str | None:
        """That of the logger behind it."""
        return self.logger.name

    @property
    def version(self) -> int | str | None:
        """That of the logger behind it."""
        return self.logger.version

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: they are the same for all classes, and known."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """``train/loss`` as ``train/class_3/loss``."""
        named = {name.replace("train/", f"train/class_{self.label}/", 1): value for name, value in metrics.items()}
        self.logger.log_metrics(named, step)

    def finalize(self, status: str) -> None:
        """Sends what is kept."""
        self.logger.finalize(status)


def _in_own_folder(options: TrainerOptions | None, label: int) -> TrainerOptions | None:
    """The same with a folder for the checkpoints of one class."""
    return options and replace(options, checkpoint_dir=str(Path(options.checkpoint_dir) / f"class_{label}"))


def _stretch(member: Generator, first: int, last: int, seed: int) -> Tensor:
    """Points number `first` to `last` - 1 of a generator's pool, of as few blocks as hold them."""
    size = member.block_size
    start = first // size
    blocks = [member.draw_block(index, seed) for index in range(start, -(-last // size))]
    return torch.cat(blocks)[first - start * size : last - start * size]
