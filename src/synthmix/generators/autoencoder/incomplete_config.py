"""Config of the variational autoencoder that is trained on incomplete rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Positive
from synthmix.generators.config import TrainedConfig


@dataclass(kw_only=True, frozen=True)
class IncompleteVaeConfig(TrainedConfig):
    """A variational autoencoder that sees which values are there, trained on incomplete rows.

    Attributes:
        hidden: units of the encoder's hidden layers; those of the decoder are the same in reverse.
        latent_dim: size of the latent.
        importance_samples: latents of a row by which the bound is estimated; 1 is the evidence lower bound.
        mixture_components: the most components that the ex-post mixture may have; BIC chooses.
        mixture_regularization: added to the diagonal of its covariances, in units of the latents' mean variance.
    """

    incomplete_rows: ClassVar[str] = "fitted"

    _target_: str = "synthmix.generators.autoencoder.incomplete.IncompleteVae"
    name: str = "vae_incomplete"
    hidden: list[Count] = field(default_factory=lambda: [128])
    latent_dim: Count = 8
    importance_samples: Count = 5
    mixture_components: Count = 20
    mixture_regularization: Positive = 1e-3
    steps: Count = 3000

    def faults(self, cell: Cell) -> Iterator[str]:
        """Rows of a table, as an image has no gaps; a mixture needs points."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the ex-post mixture of model.name={self.name}"
        if cell.outline.spec.kind != "table":
            yield f"model.name={self.name}: data.name={cell.data.name} has no columns; must be a table"
