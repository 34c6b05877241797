"""Configs of the nets that know columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Positive
from synthmix.generators.config import TrainedConfig


@dataclass(kw_only=True, frozen=True)
class TvaeConfig(TrainedConfig):
    """A variational autoencoder of a table.

    Attributes:
        hidden: units of the encoder's hidden layers; those of the decoder are the same in reverse.
        latent_dim: size of the latent.
        max_modes: the most Gaussian modes of a column of numbers.
        reconstruction_weight: of the likelihood, beside the KL term.
    """

    _target_: str = "synthmix.generators.tabular.tvae.Tvae"
    name: str = "tvae"
    hidden: list[Count] = field(default_factory=lambda: [256, 256])
    latent_dim: Count = 32
    max_modes: Count = 10
    reconstruction_weight: Positive = 2.0
    batch_size: Count = 250
    learning_rate: Positive = 2e-3

    def faults(self, cell: Cell) -> Iterator[str]:
        """Columns, and points enough for a mode."""
        spec = cell.outline.spec
        if spec.kind != "table":
            yield f"model.name={self.name}: data.name={spec.name} has no columns; must be a table"
        n_train, reason = cell.train_size
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the modes of model.name={self.name}"
