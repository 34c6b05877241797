"""Configs of the nets that know columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Decay, Positive
from synthmix.generators.config import TrainedConfig


@dataclass(kw_only=True, frozen=True)
class TabularConfig(TrainedConfig):
    """A net of a table.

    Attributes:
        hidden: units of hidden layers.
        max_modes: the most Gaussian modes of a column of numbers.
    """

    hidden: list[Count] = field(default_factory=lambda: [256, 256])
    max_modes: Count = 10

    def faults(self, cell: Cell) -> Iterator[str]:
        """Columns, and points enough for a mode."""
        spec = cell.outline.spec
        if spec.kind != "table":
            yield f"model.name={self.name}: data.name={spec.name} has no columns; must be a table"
        n_train, reason = cell.train_size
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the modes of model.name={self.name}"


@dataclass(kw_only=True, frozen=True)
class TvaeConfig(TabularConfig):
    """A variational autoencoder of a table. The hidden layers of the decoder are those of the encoder in reverse.

    Attributes:
        latent_dim: size of the latent.
        reconstruction_weight: of the likelihood, beside the KL term.
    """

    _target_: str = "synthmix.generators.tabular.tvae.Tvae"
    name: str = "tvae"
    latent_dim: Count = 32
    reconstruction_weight: Positive = 2.0
    batch_size: Count = 250
    learning_rate: Positive = 2e-3


@dataclass(kw_only=True, frozen=True)
class CtganConfig(TabularConfig):
    """A conditional adversarial net of a table.

    Attributes:
        latent_dim: size of z ~ N(0, I).
        pac: rows that the discriminator judges together; 1 is no packing.
        penalty_weight: of the discriminator's slope.
        temperature: of the relaxed draws of levels and modes while it is trained.
        beta1: of both Adams.
        beta2: of both Adams.
        steps: updates of the generator.
    """

    _target_: str = "synthmix.generators.tabular.ctgan.Ctgan"
    name: str = "ctgan"
    latent_dim: Count = 64
    pac: Count = 1
    penalty_weight: Positive = 10.0
    temperature: Positive = 0.2
    beta1: Decay = 0.5
    beta2: Decay = 0.9
    batch_size: Count = 250
    learning_rate: Positive = 1e-3
    ema_decay: Decay | None = 0.99

    def faults(self, cell: Cell) -> Iterator[str]:
        """Whole packs, and two rows at least for batch norm."""
        yield from super().faults(cell)
        if self.batch_size % self.pac or self.batch_size < 2:
            allowed = f"must be ≥ 2 and a multiple of model.pac={self.pac}"
            yield f"model.batch_size={self.batch_size}: {allowed}"
