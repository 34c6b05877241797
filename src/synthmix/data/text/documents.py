"""The texts behind points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.text.lsa import Counts, Lsa, LsaSettings


@dataclass(frozen=True)
class Documents:
    """Texts, in the order of the points that stand for them, and how often each term occurs in each.

    Attributes:
        names: of the documents, as a person would look them up.
        texts: (N,).
        counts: (N, V). Of documents that a train has encoded, of train's terms alone.
        terms: (V,), sorted.
        settings: of the analysis by which `split` makes points of them.
        lsa: that analysis; None until `split` has fitted it on train.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    counts: Counts
    terms: NDArray[np.str_]
    settings: LsaSettings
    lsa: Lsa | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, index: Tensor | slice) -> Self:
        """The documents at `index`, in that order."""
        rows = np.arange(len(self))[index if isinstance(index, slice) else index.numpy()]
        names, texts = (tuple(values[row] for row in rows) for values in (self.names, self.texts))
        return replace(self, names=names, texts=texts, counts=self.counts[rows])

    def fitted(self) -> Lsa:
        """The analysis of these documents, which are train's. Raises InvalidInput where it cannot be made."""
        return Lsa.fit(self.counts, self.terms, self.settings)

    def encoded(self, lsa: Lsa) -> Self:
        """The same documents with the terms that `lsa` knows."""
        columns = np.searchsorted(self.terms, lsa.terms)
        return replace(self, counts=self.counts[:, columns], terms=lsa.terms, lsa=lsa)
