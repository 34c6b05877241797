"""Latent semantic analysis: documents as points, by what the documents of train have told and by nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from synthmix.errors import InvalidInput

TERM = r"(?u)\b[^\W\d_]{2,}\b"  # two letters or more
Counts = Any  # a sparse matrix of scipy, which ships no types


@dataclass(frozen=True)
class LsaSettings:
    """What is asked of an analysis.

    Attributes:
        n_components: values of a point.
        min_df: the fewest documents of train that a term occurs in.
        max_df: the largest share of train's documents that a term occurs in.
        stop_words: english leaves out scikit-learn's English stop words, none leaves out no term.
    """

    n_components: int
    min_df: int
    max_df: float
    stop_words: str


@dataclass(frozen=True)
class Lsa:
    """The map of documents to points, fitted on train.

    A document is its terms' (1 + ln tf)·idf, scaled to length 1, projected on the first right singular vectors of
    train's documents and scaled to length 1 again (Deerwester et al. 1990). All coordinates are then shifted to train's
    mean and divided by one number, so that distances keep their order and a value has the variance 1 on average.

    Attributes:
        terms: of train that are left, sorted, (V,).
        idf: of each of them, (V,).
        components: singular vectors, (k, V).
        shift: (k,).
        scale: above 0.
    """

    terms: NDArray[np.str_]
    idf: NDArray[np.float64]
    components: NDArray[np.float64]
    shift: NDArray[np.float64]
    scale: float

    @classmethod
    def fit(cls, counts: Counts, terms: NDArray[np.str_], settings: LsaSettings) -> Self:
        """What train tells.

        Args:
            counts: how often each term occurs in each document of train, (n, V').
            terms: (V',).
            settings: what is asked for.

        Raises:
            InvalidInput: no term is left, or a point would have more values than there are documents or terms.
        """
        kept = _kept(counts, settings)
        counts, terms = counts[:, kept], terms[kept]
        _refuse_components(settings.n_components, *counts.shape)
        idf = np.asarray(TfidfTransformer(sublinear_tf=True).fit(counts).idf_, dtype=np.float64)
        svd = TruncatedSVD(settings.n_components, algorithm="arpack", random_state=0).fit(_weighted(counts, idf))
        raw = cls(terms, idf, svd.components_, np.zeros(settings.n_components), 1.0)
        points = raw._points(counts)
        scale = math.sqrt(points.var(axis=0).mean())
        return cls(terms, idf, svd.components_, points.mean(axis=0), scale or 1.0)

    def __call__(self, counts: Counts) -> NDArray[np.float32]:
        """Points (N, k) of documents of which it is known how often each of `terms` occurs in them, (N, V)."""
        return self._points(counts).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Points (N, k) of any texts. One without a term of `terms` is the origin of the projection."""
        counter = CountVectorizer(vocabulary=list(self.terms), token_pattern=TERM)
        return self(counter.transform(texts))

    def state(self) -> dict[str, Any]:
        """Everything that it has learnt, as tensors and plain values."""
        arrays = {
            name: torch.tensor(np.ascontiguousarray(getattr(self, name))) for name in ("idf", "components", "shift")
        }
        return {**arrays, "terms": self.terms.tolist(), "scale": self.scale}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The map whose `state` this is."""
        arrays = {name: state[name].numpy() for name in ("idf", "components", "shift")}
        return cls(terms=np.array(state["terms"]), scale=state["scale"], **arrays)

    def _points(self, counts: Counts) -> NDArray[np.float64]:
        if not counts.shape[0]:
            return np.empty((0, len(self.components)))
        projected = _weighted(counts, self.idf) @ self.components.T
        return np.asarray((normalize(projected) - self.shift) / self.scale)


def counted(texts: Sequence[str], stop_words: str) -> tuple[Counts, NDArray[np.str_]]:
    """How often each term occurs in each text, (N, V), and the terms, sorted.

    Which of them are used is told by train alone (`Lsa.fit`).
    """
    counter = CountVectorizer(token_pattern=TERM, stop_words=None if stop_words == "none" else stop_words)
    try:
        counts = counter.fit_transform(texts)
    except ValueError as error:  # of no term at all
        raise InvalidInput(
            f"data.stop_words={stop_words}: no document has a term (two letters or more) besides stop words"
        ) from error
    return counts.tocsr(), np.asarray(counter.get_feature_names_out(), dtype=np.str_)


def _weighted(counts: Counts, idf: NDArray[np.float64]) -> Counts:
    transformer = TfidfTransformer(sublinear_tf=True)
    transformer.idf_ = idf
    return transformer.transform(counts)


def _kept(counts: Counts, settings: LsaSettings) -> NDArray[np.bool_]:
    """Which terms occur in enough documents, and not in too many: bool, (V',)."""
    n_documents = np.asarray((counts > 0).sum(axis=0)).ravel()
    n = counts.shape[0]
    kept: NDArray[np.bool_] = (n_documents >= settings.min_df) & (n_documents <= settings.max_df * n)
    if not kept.any():
        most = int(n_documents[n_documents <= settings.max_df * n].max(initial=0))
        allowed = f"must be ≤ {most}, or data.max_df larger" if most else "data.max_df must be larger"
        raise InvalidInput(
            f"data.min_df={settings.min_df}: leaves none of the {int((n_documents > 0).sum())} terms in the {n} "
            f"documents of train, as none occurs in at least {settings.min_df} and at most {settings.max_df * n:g} of "
            f"them (data.max_df={settings.max_df:g}); {allowed}"
        )
    return kept


def _refuse_components(n_components: int, n_documents: int, n_terms: int) -> None:
    limit, of_what = min((n_documents, "documents of train"), (n_terms, "terms that are left of train's documents"))
    if n_components >= limit:
        raise InvalidInput(f"data.n_components={n_components}: must be < {limit} ({of_what})")
