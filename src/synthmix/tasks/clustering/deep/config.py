"""Configs of the deep clusterers, and of the autoencoder that they begin with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Fraction, Member, NonNegative, Positive, Range, shown
from synthmix.tasks.clustering.config import KClustersConfig


@dataclass(kw_only=True, frozen=True)
class PretrainingConfig(Member):
    """The autoencoder that a deep clusterer begins with; one stage for all that ask for the same.

    Attributes:
        hidden: units of the encoder's hidden layers; those of the decoder are the same in reverse.
        latent_dim: size of the code.
        steps: gradient steps, the same at every ratio.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        accelerator: as of `trainer`.
        precision: likewise.
        limit_steps: likewise.
    """

    _target_: str = "synthmix.tasks.clustering.deep.autoencoder.Autoencoder"
    name: str = "autoencoder"
    hidden: list[Count] = field(default_factory=lambda: [500, 500, 2000])
    latent_dim: Count = 10
    steps: Count = 10000
    batch_size: Count = 256
    learning_rate: Positive = 1e-3
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    limit_steps: Count | None = None


@dataclass(kw_only=True, frozen=True)
class DeepConfig(KClustersConfig):
    """A clusterer that begins with an autoencoder.

    There is no search: what would be chosen by reconstruction or likelihood is a code, and no clustering, and each
    candidate would be trained in each fold.

    Attributes:
        pretraining: the autoencoder.
    """

    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)

    def faults(self, cell: Cell) -> Iterator[str]:
        """A rule for the number of clusters would train a net for each number."""
        if self.rule is None:
            yield from super().faults(cell)
        else:
            reason = f"clusterer.name={self.name} is trained anew for each number"
            yield f"clusterer.n_clusters={self.rule}: {reason}; must be a number or null"


@dataclass(kw_only=True, frozen=True)
class TrainedConfig(DeepConfig):
    """One that is trained on by gradient.

    Attributes:
        steps: gradient steps, the same at every ratio, at most.
        batch_size: points of a minibatch.
        learning_rate: of Adam.
        n_init: starts of the first clustering of the codes.
        accelerator: as of `trainer`.
        precision: likewise.
        limit_steps: likewise.
    """

    steps: Count = 8000
    batch_size: Count = 256
    learning_rate: Positive = 1e-3
    n_init: Count = 20
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    limit_steps: Count | None = None


@dataclass(kw_only=True, frozen=True)
class DecConfig(TrainedConfig):
    """Deep embedded clustering.

    Attributes:
        update_interval: steps between two target distributions.
        tol: it ends before its steps where a smaller share of the points has changed its cluster; 0 takes all.
    """

    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.deep.embedded.DeepEmbeddedClustering"
    name: str = "dec"
    update_interval: Count = 140
    tol: Fraction = 1e-3


@dataclass(kw_only=True, frozen=True)
class IdecConfig(DecConfig):
    """DEC whose decoder is kept.

    Attributes:
        gamma: weight of the clustering loss beside the squared error.
    """

    has_loss: ClassVar[bool | None] = True

    _target_: str = "synthmix.tasks.clustering.deep.embedded.ImprovedDeepEmbeddedClustering"
    name: str = "idec"
    gamma: Positive = 0.1


@dataclass(kw_only=True, frozen=True)
class VadeConfig(TrainedConfig):
    """Variational deep embedding."""

    _target_: str = "synthmix.tasks.clustering.deep.vade.VariationalDeepEmbedding"
    name: str = "vade"


@dataclass(kw_only=True, frozen=True)
class N2dConfig(DeepConfig):
    """An autoencoder, UMAP and a mixture.

    Attributes:
        n_neighbors: of UMAP.
        min_dist: of UMAP.
        n_components: dimensions of the embedding; null takes the number of clusters.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "UMAP's graph of neighbours has none"
    has_loss: ClassVar[bool | None] = False
    uses: ClassVar[tuple[str, ...]] = ("umap.umap_.UMAP",)

    _target_: str = "synthmix.tasks.clustering.deep.n2d.N2D"
    name: str = "n2d"
    n_neighbors: Annotated[int, Range(low=2)] = 20
    min_dist: NonNegative = 0.0
    n_components: Count | None = None

    def faults(self, cell: Cell) -> Iterator[str]:
        """It needs umap-learn, and UMAP more points than dimensions."""
        yield from super().faults(cell)
        if find_spec("umap") is None:
            yield "clusterer.name=n2d: needs umap-learn; pip install 'synthmix[umap]'"
        dims = self.n_components or max(2, self.clusters_for(cell.outline.spec) or 2)
        n_train, reason = cell.train_size
        if dims > n_train - 2:
            given = shown(self.n_components) if self.n_components else f"null: {dims} dimensions"
            yield f"clusterer.n_components={given}: must be ≤ {n_train - 2} ({reason} less 2)"
