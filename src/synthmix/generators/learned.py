"""A generator with a fitted state that is worth keeping: weights, curves of its fit, an MLflow run of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor, nn

from synthmix.data.base import Dataset
from synthmix.data.scaling import Scaling
from synthmix.data.spec import DataSpec
from synthmix.generators.base import Generator
from synthmix.generators.mixture.selection import Selection

if TYPE_CHECKING:
    from synthmix.generators.training.trainer import TrainerOptions


class LearnedGenerator(nn.Module, Generator):
    """A module whose ``state_dict`` is all that sampling needs, beside the config node that it was built from.

    Attributes:
        steps: the most updates (of gradient or EM) that a fit takes.
        seed: of the fit.
        scaling: of the points that it was fitted on, for those who want samples in their units.
        selection: the candidates that the last fit compared, where it did.
    """

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
        """Makes what the weights of a fit go into."""
        self.spec, self.seed = spec, seed

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Takes up the weights of a finished fit; call `prepare` before."""
        self.load_state_dict(state)
        self.eval()
