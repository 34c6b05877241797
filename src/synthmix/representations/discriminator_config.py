"""Config of the features of a discriminator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import target_of
from synthmix.generators.gan.config import GanConfig
from synthmix.representations.latent_config import LatentConfig


@dataclass(kw_only=True, frozen=True)
class DiscriminatorFeaturesConfig(LatentConfig):
    """A GAN whose discriminator gives the features."""

    _target_: str = "synthmix.representations.discriminator.DiscriminatorFeatures"

    def faults(self, cell: Cell) -> Iterator[str]:
        """The generator must have a discriminator."""
        if isinstance(self.generator, GanConfig):
            yield from super().faults(cell)
        else:
            target = self.generator._target_
            yield f"representation.generator._target_={target}: must be a GAN, such as {target_of(GanConfig)}"
