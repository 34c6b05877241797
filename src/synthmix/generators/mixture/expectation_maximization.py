"""Mixtures fitted by expectation-maximisation: the best of several candidates, with the curve of its likelihood."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.mixture.model_selection import Criterion, FittedMixture, FrameT, Selection, select
from synthmix.generators.training.trainer import TrainerOptions
from synthmix.seeds import derive_seed


class EmFit(FittedMixture, Protocol):
    """A candidate that EM has fitted."""

    @property
    def log_likelihoods(self) -> Sequence[float]:
        """Mean log-likelihood of a point before the first iteration and after each."""
        ...


FittedT = TypeVar("FittedT", bound=EmFit)


@dataclass(frozen=True)
class EmOptions:
    """How EM is run.

    Attributes:
        n_init: starts from k-means, of which the best is kept.
        max_iterations: of each start.
        tolerance: in nats a point; a smaller change ends EM.
        seed: of the starts.
    """

    n_init: int
    max_iterations: int
    tolerance: float
    seed: int


class MixtureByEm(LearnedGenerator, Generic[FrameT, FittedT]):
    """A family gives `frame_of`, `fewest`, `fit_candidate` and `adopt`, and nothing else.

    Args:
        n_components: the numbers of components to choose among.
        shapes: the shapes of a component to choose among.
        select_by: aic, bic or cv_log_likelihood.
        folds: parts of the k-fold likelihood.
        n_init, max_iterations, tolerance: of EM, see `EmOptions`.
    """

    def __init__(
        self,
        *,
        n_components: Sequence[int],
        shapes: Sequence[str],
        select_by: Criterion = "cv_log_likelihood",
        folds: int = 5,
        n_init: int = 3,
        max_iterations: int = 200,
        tolerance: float = 1e-3,
    ) -> None:
        super().__init__()
        self.n_components, self.shapes = tuple(n_components), tuple(shapes)
        self.select_by, self.folds = select_by, folds
        self.n_init, self.steps, self.tolerance = n_init, max_iterations, tolerance

    @abstractmethod
    def frame_of(self, x: Tensor) -> FrameT:
        """The space that EM is run in, found from points (N, *shape)."""

    @abstractmethod
    def fewest(self, shape: str, dim: int) -> int:
        """Points that determine a component of this shape in `dim` dimensions."""

    @abstractmethod
    def fit_candidate(self, points: Tensor, n_components: int, shape: str, options: EmOptions) -> FittedT:
        """Fits one candidate to points (N, L); deterministic."""

    @abstractmethod
    def adopt(self, frame: FrameT, fitted: FittedT) -> None:
        """Takes up the candidate that was chosen."""

    @abstractmethod
    def score_samples(self, x: Tensor) -> Tensor:
        """Points (N, *shape) → natural logarithms of their density (N,), float64."""

    def fit(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        options: TrainerOptions | None = None,
        logger: Logger | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Fits all candidates to `dataset.x` and keeps the best, and the comparison in `selection`.

        Logs ``train/log_likelihood`` of the kept one (nats a point) before the first iteration of EM and after each,
        and the criteria of all, by number of components. It computes on the CPU, in float64.

        Raises:
            InvalidInput: no candidate has points enough in each component.
        """
        limit = (options or TrainerOptions()).limit_steps or self.steps
        self.prepare(dataset.spec, seed)
        em = EmOptions(self.n_init, min(self.steps, limit), self.tolerance, derive_seed(seed, "em") % 2**32)

        def fit(points: Tensor, n_components: int, shape: str) -> FittedT:
            return self.fit_candidate(points, n_components, shape, em)

        choice = select(
            dataset.x,
            [(k, shape) for shape in self.shapes for k in sorted(set(self.n_components))],
            self.frame_of,
            fit,
            fewest=self.fewest,
            select_by=self.select_by,
            folds=self.folds,
            seed=derive_seed(seed, "folds") % 2**32,
        )
        if choice.best is None:
            raise InvalidInput(
                f"model.n_components=[{', '.join(map(str, self.n_components))}]: {len(dataset)} points leave some "
                f"component of each candidate without enough to determine it; give smaller numbers, 1 for instance"
            )
        self.selection = choice.selection
        self.adopt(choice.frame, choice.best)
        if logger is not None:
            log_volume = float(choice.frame.log_volume(dataset.x).mean())
            self._log(logger, [value + log_volume for value in choice.best.log_likelihoods], choice.selection)
        return self.eval()

    @staticmethod
    def _log(logger: Logger, curve: Sequence[float], selection: Selection) -> None:
        for step, value in enumerate(curve):
            logger.log_metrics({"train/log_likelihood": value}, step)
        for metrics, n_components in selection.metrics():
            logger.log_metrics(metrics, n_components)
        logger.finalize("success")
