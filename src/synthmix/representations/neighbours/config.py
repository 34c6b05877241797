"""Configs of the embeddings that keep neighbours together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.members import RepresentationConfig
from synthmix.config.schema import Count, Fraction, Range


@dataclass(kw_only=True, frozen=True)
class NeighboursConfig(RepresentationConfig):
    """An embedding by a package that synthmix does not bring.

    Attributes:
        n_components: dimensions of the embedding.
        extra: that of synthmix which brings the package.
    """

    extra: ClassVar[str]

    n_components: Count = 2

    def faults(self, cell: Cell) -> Iterator[str]:
        """The package must be there, and more points than dimensions."""
        for module in sorted({target.partition(".")[0] for target in self.uses}):
            if find_spec(module) is None:
                yield f"representation.name={self.name}: needs {module}; pip install 'synthmix[{self.extra}]'"
        n_train, reason = cell.train_size
        if self.n_components > n_train - 3:
            yield f"representation.n_components={self.n_components}: must be ≤ {n_train - 3} ({reason} - 3)"


@dataclass(kw_only=True, frozen=True)
class UmapConfig(NeighboursConfig):
    """UMAP, by umap-learn.

    Attributes:
        n_neighbors: of a point, itself included; of fewer points than that, all.
        min_dist: how near to each other points are packed.
        n_epochs: passes of the optimisation, whatever the number of points.
    """

    uses: ClassVar[tuple[str, ...]] = ("umap.umap_.UMAP",)
    extra: ClassVar[str] = "umap"

    _target_: str = "synthmix.representations.neighbours.umap.UmapRepresentation"
    name: str = "umap"
    n_neighbors: Annotated[int, Range(low=2)] = 15
    min_dist: Fraction = 0.1
    n_epochs: Count = 200


@dataclass(kw_only=True, frozen=True)
class TsneConfig(NeighboursConfig):
    """t-SNE, by openTSNE.

    Attributes:
        n_components: 1 or 2, for which its approximation of the forces is made.
        perplexity: about how many neighbours a point has; at most a third of the points.
        n_iter: iterations after the early exaggeration of 250.
    """

    uses: ClassVar[tuple[str, ...]] = ("openTSNE.tsne.TSNEEmbedding",)
    extra: ClassVar[str] = "tsne"

    _target_: str = "synthmix.representations.neighbours.tsne.TsneRepresentation"
    name: str = "tsne"
    n_components: Annotated[int, Range(low=1, high=2)] = 2
    perplexity: Annotated[float, Range(low=1)] = 30.0
    n_iter: Count = 500
