"""What the configs of all generators share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ModelConfig
from synthmix.config.schema import Count, Decay, Member, Positive, target_of

IMAGE_SIZES = (28, *range(8, 65, 8))  # of the convolutional nets, which halve them twice
SIZES_SHOWN = "28 pixels or a multiple of 8 up to 64"


@dataclass(kw_only=True, frozen=True)
class TrainedConfig(ModelConfig):
    """A generator that is trained for a number of generator steps.

    Attributes:
        steps: generator updates.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        ema_decay: decay of an exponential moving average of the weights, which is sampled from; null keeps none.
    """

    steps: Count = 2000
    batch_size: Count = 100
    learning_rate: Positive = 1e-3
    ema_decay: Decay | None = None


def networks_faults(networks: Member, cell: Cell, *allowed: type[Member]) -> Iterator[str]:
    """The faults of a model's nets: those of another family, which it cannot build, or their own.

    A user's own nets have no config class, and are not judged.
    """
    if type(networks) is Member or isinstance(networks, allowed):
        yield from networks.faults(cell)
    else:
        names = ", ".join(str(target_of(kind)) for kind in allowed)
        yield f"model.networks._target_={networks._target_}: allowed: {names}"


def needs_images(name: str, cell: Cell) -> Iterator[str]:
    """The fault of a convolutional net on anything but square images of `IMAGE_SIZES`."""
    spec = cell.outline.spec
    if spec.kind != "image" or spec.shape[1] != spec.shape[2] or spec.shape[1] not in IMAGE_SIZES:
        what = f"has {spec.size} columns" if spec.kind == "table" else f"is {spec.shape[1]}×{spec.shape[2]}"
        yield f"model.name={name}: data.name={spec.name} {what}; must be square images of {SIZES_SHOWN}"


@dataclass(kw_only=True, frozen=True)
class BlocksConfig(Member):
    """Nets of residual blocks: convolutions for images, perceptrons for tables.

    Attributes:
        width: channels at half the size of an image; a perceptron has eight times as many units.
        blocks: residual blocks at each size.
    """

    width: Count = 16
    blocks: Count = 1

    def faults(self, cell: Cell) -> Iterator[str]:
        """Square images of some sizes only; tables of any."""
        if cell.outline.spec.kind == "image":
            yield from needs_images(cell.model.name, cell)
