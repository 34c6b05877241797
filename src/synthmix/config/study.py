"""Keys of `study`: what a sweep asks of its cells. No cell depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from synthmix.config.schema import Range

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig

Agreement = Literal["acc", "ami", "ari", "completeness", "homogeneity", "nmi", "purity", "v_measure"]
Internal = Literal["calinski_harabasz", "davies_bouldin", "silhouette"]


@dataclass(kw_only=True, frozen=True)
class StudyConfig:
    """How a study is judged.

    Attributes:
        score: the primary score on test, the one that is tested for significance; null takes ari, and silhouette where
            there are no labels.
        choose_by: the score on val that chooses a ratio; one of agreement with labels makes the choice supervised.
        learning_curve: parts of n at which real points alone are scored too; the study adds these cells itself.
    """

    score: Agreement | Internal | None = None
    choose_by: Agreement | Internal = "silhouette"
    learning_curve: list[Annotated[float, Range(above=0, below=1)]] = field(default_factory=lambda: [0.25, 0.5, 0.75])

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A score against labels needs labels."""
        if cell.outline.spec.n_classes is None:
            for key, score in (("score", self.score), ("choose_by", self.choose_by)):
                if score not in (None, *Internal.__args__):  # type: ignore[attr-defined]
                    allowed = ", ".join(Internal.__args__)  # type: ignore[attr-defined]
                    yield f"study.{key}={score}: the data has no labels; allowed: {allowed}"
