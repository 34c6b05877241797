"""Config of `contrastive`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import RepresentationConfig
from synthmix.config.schema import Count, Positive, Range
from synthmix.generators.config import needs_images


@dataclass(kw_only=True, frozen=True)
class ContrastiveConfig(RepresentationConfig):
    """SimCLR.

    Attributes:
        augment: what makes two views of an image.
        strength: of all of it, from 0 (views are the image itself, nearly) to 1.
        width: channels at half the size of an image.
        latent_dim: size of the representation.
        projection_dim: size of what the loss sees.
        temperature: τ of the loss. On 200 digits .2 learns twice as fast as the .5 of the article's CIFAR-10.
        steps: updates, whatever the number of points.
        batch_size: images of an update, each with two views.
        learning_rate: of Adam.
        accelerator: of its training, as of `trainer`.
        precision: likewise.
        limit_steps: likewise.
    """

    _target_: str = "synthmix.representations.contrastive.model.ContrastiveRepresentation"
    name: str = "contrastive"
    augment: list[Literal["scale", "shift", "cutout", "noise"]] = field(
        default_factory=lambda: ["scale", "shift", "cutout", "noise"]
    )
    strength: Annotated[float, Range(above=0, high=1)] = 0.5
    width: Count = 16
    latent_dim: Count = 64
    projection_dim: Count = 32
    temperature: Positive = 0.2
    steps: Count = 2000
    batch_size: Annotated[int, Range(low=2)] = 64
    learning_rate: Positive = 1e-3
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    limit_steps: Count | None = None

    def faults(self, cell: Cell) -> Iterator[str]:
        """Square images of some sizes only, and something that tells views of one apart."""
        for fault in needs_images(self.name, cell):
            yield fault.replace("model.", "representation.", 1)
        if not self.augment:
            yield "representation.augment=[]: must be at least one of scale, shift, cutout, noise"
