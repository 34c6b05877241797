"""Base of generators with a stored state: weights, loss curves and a tracking run of their own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self

from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor, nn

from synthmix.data.base import Dataset
from synthmix.data.scaling import Scaling
from synthmix.generators.base import Generator
from synthmix.generators.options import TrainerOptions
from synthmix.generators.selection import Selection
from synthmix.spec import DataSpec


class LearnedGenerator(nn.Module, Generator):
    """A module whose ``state_dict`` is all that sampling needs, beside the config node that it was built from.

    Attributes:
        trainer_keys: the keys of `trainer` that the result of its fit depends on.
        steps: the most updates (of gradient or EM) that a fit takes.
        seed: of the fit.
        scaling: of the points that it was fitted on, for those who want samples in their units.
        selection: the candidates that the last fit compared, where it did.
    """

    trainer_keys: ClassVar[Sequence[str]] = ("limit_steps",)
    steps: int
    seed: int
    scaling: Scaling | None = None
    selection: Selection | None = None

    @abstractmethod
    def fit(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        options: TrainerOptions | None = None,
        logger: Logger | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Learns from `dataset.x` and returns self, in evaluation mode, on the CPU.

        Args:
            dataset: the points.
            seed: of everything random in it.
            options: where and how; a family reads those that concern it, `limit_steps` in any case.
            logger: receives the curves of the fit, as ``train/<name>`` by step, and is finalized.
            callbacks: of Lightning's trainer; a family that is fitted without one calls none.
        """

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Allocates the modules that weights are loaded into."""
        self.spec, self.seed = spec, seed

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads the weights of a finished fit; call `prepare` before."""
        self.load_state_dict(state)
        self.eval()

    def state(self) -> dict[str, Any]:
        """The data's spec, the seed, the scaling and the weights. The tensors are its own, no copies."""
        content = {"spec": asdict(self.spec), "seed": self.seed, "state": self.state_dict()}
        return content if self.scaling is None else {**content, "scaling": vars(self.scaling)}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Makes an unfitted generator, built from the same config, what `state` was taken of."""
        self.prepare(DataSpec(**state["spec"]), state["seed"])
        self.load_fitted(state["state"])
        if "scaling" in state:
            self.scaling = Scaling(**state["scaling"])
        return self
