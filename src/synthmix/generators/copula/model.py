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
from synthmix.generators.copula.correlation import latent_correlation, root_of
from synthmix.generators.copula.margins import Margin, margin_again, margin_of
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions
from synthmix.spec import DataSpec


class GaussianCopula(LearnedGenerator):
    """Latent values z ~ N(0, R) that become columns through their margins.

    A column of numbers, dates or ordered levels has one of them, x = F⁻¹(Φ(z)) with F its distribution in train:
    numbers and dates lie on lines between train's quantiles, whole numbers and levels are those of train, each as often
    as there. A column of levels without an order has one for each, of which the greatest is taken once offsets are
    added that give each level its share; where levels do have an order, saying it (`data.columns`) tells more. R is
    solved for so that columns correlate as those of train do (`latent_correlation`). Points without columns of known
    types, images among them, are taken for numbers.

    Args:
        config: how far the correlations are shrunk.
    """

    trainer_keys: ClassVar[Sequence[str]] = ()
    steps = 1
    root: Tensor  # of R, (L, L)
    learnt: Tensor  # of the margins, one after another
    sizes: Tensor  # how much of it each has

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
        """Learns margins and correlations of `dataset.x`; nothing in it depends on the seed."""
        self.prepare(dataset.spec, seed)
        x, columns = dataset.x.flatten(1), typed_columns(dataset.spec, parts=True)
        margins = [margin_of(column, x[:, place]) for column, place in columns]
        points = [x[:, place] for _, place in columns]
        shrinkage = None if self.config.shrinkage == "auto" else float(self.config.shrinkage)
        root = root_of(latent_correlation(margins, points, shrinkage))
        sizes = torch.tensor([len(margin.learnt) for margin in margins])
        self._hold(root, torch.cat([margin.learnt for margin in margins]), sizes)
        return self.eval()

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Resets an earlier fit."""
        super().prepare(spec, seed)
        self.margins = []

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Takes up margins and correlations."""
        self._hold(*(state[name] for name in ("root", "learnt", "sizes")))
        self.eval()

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` points whose every value lies in the range of train."""
        latent = torch.randn(n, len(self.root), generator=rng, dtype=torch.float64) @ self.root.T
        parts = torch.split(latent, [margin.n_latents for margin in self.margins], dim=1)
        blocks = [margin.values(part) for margin, part in zip(self.margins, parts, strict=True)]
        return torch.cat(blocks, dim=1).reshape(n, *self.spec.shape)

    def _hold(self, root: Tensor, learnt: Tensor, sizes: Tensor) -> None:
        for name, tensor in (("root", root), ("learnt", learnt), ("sizes", sizes)):
            self.register_buffer(name, tensor)
        parts = torch.split(learnt, sizes.tolist())
        columns = typed_columns(self.spec, parts=True)
        self.margins = [margin_again(column, part) for (column, _), part in zip(columns, parts, strict=True)]
