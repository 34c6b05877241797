"""What the configs of all clusterers share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ClustererConfig
from synthmix.config.schema import Range
from synthmix.config.sections.mix import synthetic_count
from synthmix.spec import DataSpec

Rule = Literal["bic", "silhouette", "prediction_strength", "gap"]
MOST_BYTES = 4 * 2**30  # of the distances of all pairs


@dataclass(kw_only=True, frozen=True)
class KClustersConfig(ClustererConfig):
    """A clusterer that is given the number of clusters.

    Attributes:
        n_clusters: null takes the number of known classes; the name of a rule has it chosen without labels.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = True

    n_clusters: Annotated[int, Range(low=2)] | Rule | None = None

    @property
    def rule(self) -> str | None:
        """By which the number of clusters is chosen."""
        return self.n_clusters if isinstance(self.n_clusters, str) else None

    def clusters_for(self, spec: DataSpec) -> int | None:
        """The most clusters that it looks for; None where nothing is known of their number."""
        return self.n_clusters if isinstance(self.n_clusters, int) else spec.n_classes

    def faults(self, cell: Cell) -> Iterator[str]:
        """Known classes where the number is left to them, at least as many points as clusters."""
        yield from super().faults(cell)
        n_clusters = self.clusters_for(cell.outline.spec)
        if n_clusters is None:
            yield "clusterer.n_clusters=null: the data has no known classes; give a number ≥ 2"
        else:
            limit, reason = cell.train_size
            yield from self.too_many(n_clusters, limit, reason)

    def too_many(self, n_clusters: int, limit: int, reason: str) -> Iterator[str]:
        """The fault of more clusters than `limit`."""
        if n_clusters > limit:
            given = f"null: {n_clusters} known classes" if self.n_clusters is None else f"{n_clusters}"
            key = "n_clusters" if self.rule is None else "k_max"
            yield f"clusterer.{key}={given}: must be ≤ {limit} ({reason})"


@dataclass(kw_only=True, frozen=True)
class RuledConfig(KClustersConfig):
    """One whose number of clusters a rule may choose, which fits it once for each number at least.

    Attributes:
        k_max: the largest number that a rule tries.
        has_bic: whether the fitted learner has a Bayesian information criterion.
    """

    has_bic: ClassVar[bool] = False
    not_searched: ClassVar[tuple[str, ...]] = (*KClustersConfig.not_searched, "k_max")
    of_the_cell: ClassVar[tuple[str, ...]] = (*KClustersConfig.of_the_cell, "k_max")

    k_max: Annotated[int, Range(low=2)] = 15

    def clusters_for(self, spec: DataSpec) -> int | None:
        """The most clusters that it looks for; None where nothing is known of their number."""
        return super().clusters_for(spec) if self.rule is None else self.k_max

    def faults(self, cell: Cell) -> Iterator[str]:
        """A rule must apply."""
        yield from super().faults(cell)
        if self.rule == "bic" and not self.has_bic:
            allowed = "a number, null, silhouette, prediction_strength, gap"
            yield f"clusterer.n_clusters=bic: clusterer.name={self.name} has no likelihood; allowed: {allowed}"


def pairs_fault(cell: Cell, setting: str, bytes_each: int, instead: str) -> Iterator[str]:
    """The fault of a mixture that is too large for a learner that keeps the distances of all pairs of its points.

    Args:
        cell: of which train and ratio say how many points there will be.
        setting: the key that makes it keep them, and its value.
        bytes_each: of memory, for each ordered pair.
        instead: what is allowed with so many points.
    """
    n_train, _ = cell.train_size
    n = n_train + synthetic_count(cell.mix.ratio, n_train)
    if (needed := bytes_each * n**2) > MOST_BYTES:
        most = int((MOST_BYTES / bytes_each) ** 0.5)
        memory = f"the distances of all pairs of {n} points take {needed / 2**30:.0f} GiB"
        yield f"{setting}: {memory}; must be ≤ {most} points at mix.ratio={cell.mix.ratio:g}, or {instead}"
