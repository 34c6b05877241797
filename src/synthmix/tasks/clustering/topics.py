r"""What the clusters of documents are about, and how well their terms belong together in unseen documents.

Which terms tell a cluster is read off train's documents that the clusterer has assigned to it, and their coherence is
counted in held-out documents, so that no term can be coherent just because it was chosen in the same documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from synthmix.metric import HeldOut, Texts
from synthmix.tasks.clustering.outputs import ASSIGNMENTS, NOISE

N_TERMS = 10
N_NEAREST = 3


@dataclass(frozen=True)
class Topic:
    """A cluster of documents in words.

    Attributes:
        cluster: its number.
        n_documents: of train in it.
        terms: that tell it from the other documents of train, the most telling first.
        weights: of these terms, above 0.
        nearest: names of the documents of train that are nearest to the mean of those in it.
        titles: their first lines.
        coherence: mean NPMI of the pairs of its terms in held-out documents, from -1 to 1; NaN with fewer than 2 terms.
    """

    cluster: int
    n_documents: int
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    nearest: tuple[str, ...]
    titles: tuple[str, ...]
    coherence: float


def topics_of(held_out: HeldOut, n_terms: int = N_TERMS) -> list[Topic]:
    """The topics of a clustering, by the number of their cluster; none where the points are no documents.

    Args:
        held_out: with its documents, and what the clusterer has put out for train.
        n_terms: of a topic, at most.
    """
    learnt = held_out.learnt
    if learnt is None or learnt.documents is None or held_out.documents is None:
        return []
    assignments, occurs = learnt.outputs[ASSIGNMENTS], _occurs(learnt.documents)
    points, found, unseen = learnt.points.flatten(1).numpy(), [], _occurs(held_out.documents)
    for cluster in np.unique(assignments[assignments != NOISE]).tolist():
        inside = assignments == cluster
        weights = telling(occurs, inside)
        best = [term for term in np.argsort(-weights, kind="stable")[:n_terms] if weights[term] > 0]
        nearest = _nearest(points, inside)
        found.append(
            Topic(
                cluster,
                int(inside.sum()),
                tuple(str(learnt.documents.terms[term]) for term in best),
                tuple(float(weights[term]) for term in best),
                tuple(learnt.documents.names[row] for row in nearest),
                tuple(_title(learnt.documents.texts[row]) for row in nearest),
                npmi(unseen[:, best]),
            )
        )
    return found


def coherence(topics: Sequence[Topic]) -> float:
    """Mean over the topics; NaN where none has two terms."""
    values = np.array([topic.coherence for topic in topics])
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def telling(occurs: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    r"""How much each term tells a cluster from all documents, p(t|c) ln (p(t|c) / p(t)), by shares of documents.

    The summand of the Kullback-Leibler divergence; above 0 where the term is more frequent than elsewhere.

    Args:
        occurs: whether each term occurs in each document, (N, V).
        inside: which documents are in the cluster, (N,), at least one.
    """
    within, overall = occurs[inside].mean(axis=0), occurs.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = np.where(within > 0, within * np.log(within / overall), 0.0)
    return found


def npmi(occurs: NDArray[np.bool_]) -> float:
    r"""Mean normalised pointwise mutual information of all pairs of terms, from -1 to 1 (Bouma 2009).

    .. math:: \mathrm{NPMI}(i, j) = \ln \frac{p(i, j)}{p(i) p(j)} / -\ln p(i, j)

    with shares of documents for p; -1 for two terms that never occur together, one that occurs in no document among
    them, and 1 for two that every document has.

    Args:
        occurs: whether each term occurs in each document, (N, T).

    Returns:
        The mean; NaN for fewer than two terms.

    Example:
        >>> npmi(np.array([[True, True], [False, False]]))
        1.0
    """
    single = occurs.mean(axis=0)
    pairs = [
        _npmi(float((occurs[:, i] & occurs[:, j]).mean()), float(single[i]), float(single[j]))
        for i, j in combinations(range(occurs.shape[1]), 2)
    ]
    return float(np.mean(pairs)) if pairs else float("nan")


def _npmi(together: float, first: float, second: float) -> float:
    if together in (0.0, 1.0):
        return 2 * together - 1
    return float(np.log(together / (first * second)) / -np.log(together))


def _occurs(documents: Texts) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = documents.counts.toarray() > 0
    return found


def _nearest(points: NDArray[np.floating], inside: NDArray[np.bool_]) -> NDArray[np.intp]:
    rows = np.flatnonzero(inside)
    distances = np.linalg.norm(points[rows] - points[rows].mean(axis=0), axis=1)
    return rows[np.argsort(distances, kind="stable")[:N_NEAREST]]


def _title(text: str) -> str:
    return text.strip().splitlines()[0].strip()
