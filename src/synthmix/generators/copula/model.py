"""A Gaussian copula: the margins of train, and what its columns have to do with each other as a normal distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.data.columns import typed_columns
from synthmix.generators.copula.config import GaussianCopulaConfig
from synthmix.generators.copula.correlation import latent_correlation
from synthmix.generators.copula.margins import Margin, normal_scores, order_of_levels, standardised
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions
from synthmix.spec import DataSpec


class GaussianCopula(LearnedGenerator):
    """Latent values z ~ N(0, R), each of which becomes one column through its margin: x_j = F_j⁻¹(Φ(z_j)).

    F_j is train's own distribution: numbers and dates lie on lines between train's quantiles, whole numbers and levels
    are those of train, each as often as there. A categorical column has the thresholds of one latent value, which runs
    through its levels in the order that the other columns suggest (`order_of_levels`); what its levels have to do with
    the other columns beside that order is lost. R is solved for pair by pair (`latent_correlation`). Points without
    columns of known types, images among them, are taken for numbers.

    Args:
        config: how far the correlations are shrunk.
    """

    trainer_keys: ClassVar[Sequence[str]] = ()
    steps = 1
    root: Tensor  # of R: (J, J)
    hot: Tensor
    quantiles: Tensor

    def __init__(self, config: GaussianCopulaConfig) -> None:
        super().__init__()
        self.config = config
        self.margins: list[Margin] = []

    def fit(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        options: TrainerOptions | None = None,
        logger: Logger | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Learns margins and correlations of `dataset.x`; nothing in it is random."""
        self.prepare(dataset.spec, seed)
        x, columns = dataset.x.flatten(1), typed_columns(dataset.spec)
        orders = _orders(x, dataset.spec)
        found = [Margin.of(column, place, x[:, place], orders.get(place.start)) for column, place in columns]
        shrinkage = None if self.config.shrinkage == "auto" else float(self.config.shrinkage)
        values, vectors = torch.linalg.eigh(latent_correlation([ranks for _, ranks in found], shrinkage))
        margins = [margin for margin, _ in found]
        self._hold(
            vectors * values.clamp(min=0).sqrt(),
            torch.stack([margin.quantiles for margin in margins]),
            torch.tensor([margin.hot for margin in margins], dtype=torch.float64),
        )
        return self.eval()

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Resets an earlier fit."""
        super().prepare(spec, seed)
        self.margins = []

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Takes up margins and correlations."""
        self._hold(*(state[name] for name in ("root", "quantiles", "hot")))
        self.eval()

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` points whose every value lies in the range of train."""
        normal = torch.randn(n, len(self.root), generator=rng, dtype=torch.float64) @ self.root.T
        uniform = torch.special.ndtr(normal)
        blocks = [margin.values(uniform[:, number]) for number, margin in enumerate(self.margins)]
        return torch.cat(blocks, dim=1).reshape(n, *self.spec.shape)

    def _hold(self, root: Tensor, quantiles: Tensor, hot: Tensor) -> None:
        for name, tensor in (("root", root), ("quantiles", quantiles), ("hot", hot)):
            self.register_buffer(name, tensor)
        columns = typed_columns(self.spec)
        self.margins = [
            Margin(column, place, quantiles[number], float(hot[number]))
            for number, (column, place) in enumerate(columns)
        ]


def _orders(x: Tensor, spec: DataSpec) -> dict[int, Tensor]:
    """The order of the levels of each categorical column, by where it stands in a point."""
    columns = typed_columns(spec)
    if all(column.kind != "categorical" for column, _ in columns):
        return {}
    scores = {
        place.start: [*(x[:, place] > 0).T]
        if column.kind == "categorical"
        else [normal_scores(torch.unique(x[:, place.start], return_inverse=True)[1])]
        for column, place in columns
    }
    orders = {}
    for column, place in columns:
        if column.kind == "categorical":
            others = [score for start, found in scores.items() if start != place.start for score in found]
            alone = torch.arange(column.width)
            orders[place.start] = order_of_levels(x[:, place], standardised(others)) if others else alone
    return orders
