"""The configs of the codecs; what a key means is documented at the codec's class, or by scikit-learn.

How many values a latent has is no setting to search, nor is what else only buys rate: the error of every held-out point
falls with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import CodecConfig
from synthmix.config.schema import Count, NonNegative, Positive
from synthmix.generators.config import needs_images
from synthmix.tasks.compression.task_config import CompressionConfig


@dataclass(kw_only=True, frozen=True)
class PcaCodecConfig(CodecConfig):
    """Keys of `sklearn.decomposition.PCA`.

    Attributes:
        n_components: values of a latent.
        whiten: whether each is scaled to unit variance.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "scikit-learn's PCA has none"
    has_loss: ClassVar[bool | None] = True
    latents_key: ClassVar[str] = "n_components"

    _target_: str = "sklearn.decomposition.PCA"
    name: str = "pca"
    n_components: Count = 8
    whiten: bool = False

    def faults(self, cell: Cell) -> Iterator[str]:
        """There are no more components than points."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if self.n_components > n_train:
            yield f"codec.n_components={self.n_components}: must be ≤ {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class VectorQuantisationConfig(CodecConfig):
    """Product quantisation.

    Attributes:
        n_parts: parts of a point, with a codebook each.
        n_codewords: of each codebook; null takes 2 to the power of task.bits.
        n_init: starts of each k-means.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = True
    latents_key: ClassVar[str] = "n_parts"
    not_searched: ClassVar[tuple[str, ...]] = (*CodecConfig.not_searched, "n_codewords")

    _target_: str = "synthmix.tasks.compression.learners.vector_quantisation.VectorQuantisation"
    name: str = "vector_quantisation"
    n_parts: Count = 8
    n_codewords: Count | None = None
    n_init: Count = 1

    def faults(self, cell: Cell) -> Iterator[str]:
        """A codeword needs a point."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if self.n_codewords is not None and self.n_codewords > n_train:
            yield f"codec.n_codewords={self.n_codewords}: must be ≤ {n_train} ({reason})"
        elif self.n_codewords is None and isinstance(cell.task, CompressionConfig) and 2**cell.task.bits > n_train:
            most = n_train.bit_length() - 1
            yield (
                f"task.bits={cell.task.bits}: must be ≤ {most}, or codec.n_codewords a number, as each of the 2^bits "
                f"codewords of codec.name={self.name} needs one of {n_train} points ({reason})"
            )


@dataclass(kw_only=True, frozen=True)
class NeuralCodecConfig(CodecConfig):
    """A codec of nets.

    Attributes:
        latent_dim: values of a latent.
        steps: updates, whatever the number of points.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        accelerator: of its training, as of `trainer`.
        precision: likewise.
        limit_steps: likewise.
        search: how long it trains: nets that are trained for too long on few points learn these by heart.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "its minibatches draw all points alike"
    has_loss: ClassVar[bool | None] = True
    latents_key: ClassVar[str] = "latent_dim"
    not_searched: ClassVar[tuple[str, ...]] = (
        *CodecConfig.not_searched,
        *("accelerator", "precision", "limit_steps", "beta"),
    )

    latent_dim: Count = 8
    steps: Count = 1000
    batch_size: Count = 100
    learning_rate: Positive = 1e-3
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    limit_steps: Count | None = None
    search: dict[str, list[Any]] = field(default_factory=lambda: {"steps": [300, 1000]})

    def faults(self, cell: Cell) -> Iterator[str]:
        """Nets need two points."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for codec.name={self.name}"


@dataclass(kw_only=True, frozen=True)
class AutoencoderCodecConfig(NeuralCodecConfig):
    """An autoencoder of perceptrons.

    Attributes:
        hidden: units of the encoder's hidden layers.
    """

    _target_: str = "synthmix.tasks.compression.learners.neural.AutoencoderCodec"
    name: str = "autoencoder"
    hidden: list[Count] = field(default_factory=lambda: [128])


@dataclass(kw_only=True, frozen=True)
class ConvAutoencoderCodecConfig(NeuralCodecConfig):
    """A convolutional autoencoder.

    Attributes:
        width: channels at half the size of an image.
    """

    _target_: str = "synthmix.tasks.compression.learners.neural.ConvAutoencoderCodec"
    name: str = "conv_autoencoder"
    width: Count = 16

    def faults(self, cell: Cell) -> Iterator[str]:
        """Square images of some sizes."""
        yield from super().faults(cell)
        yield from (fault.replace("model.", "codec.", 1) for fault in needs_images(self.name, cell))


@dataclass(kw_only=True, frozen=True)
class VaeCodecConfig(NeuralCodecConfig):
    """A variational autoencoder.

    Attributes:
        hidden: units of the encoder's hidden layers.
        beta: weight of the KL term, which trades rate against distortion and is not searched.
    """

    _target_: str = "synthmix.tasks.compression.learners.neural.VaeCodec"
    name: str = "vae"
    hidden: list[Count] = field(default_factory=lambda: [128])
    beta: NonNegative = 1.0
