"""Scores of texts that a generator writes, each beside that of real documents in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from torchmetrics.text import BLEUScore

from synthmix.data.base import Splits
from synthmix.data.text.words import words_of
from synthmix.generators.base import Writing

N_JUDGED, N_REFERENCES = 40, 60  # documents
N_PERPLEXITY = 200
N_WORDS = 120  # of each document, from its beginning
N_GRAM, COPIED = 4, 8
Gram = tuple[str, ...]


def scores_of_texts(generator: Writing, splits: Splits, seed: int) -> dict[str, float]:
    """`text_scores` of the first texts of its pool, and the `perplexity` of held-out ones; none without documents."""
    train, val = splits.train.documents, splits.for_generators().val.documents
    if train is None or val is None:
        return {}
    scores = text_scores(generator.texts(N_JUDGED, seed), train.texts, val.texts)
    return {**scores, "perplexity": generator.perplexity(val.texts[:N_PERPLEXITY])}


def text_scores(written: Sequence[str], train: Sequence[str], val: Sequence[str]) -> dict[str, float]:
    """How like held-out documents, how like each other, and how much copied.

    Forty documents are judged, by the first 120 words of each, so that lengths make no difference. A floor has
    documents of train in the place of written ones, and for `copied_8grams` those of val.

    Args:
        written: by a model.
        train: that it has learnt from.
        val: that it has not.

    Returns:
        With a `_floor` beside each: `bleu`, the BLEU-4 against sixty documents of val (Papineni et al. 2002), from 0
        to 1; `self_bleu`, that of each against the others (Zhu et al. 2018; of two documents or more), the higher, the
        less diverse; `copied_8grams`, the share of eight words in a row that train has too.
    """
    judged, real, unseen = ([_beginning(text) for text in texts[:N_JUDGED]] for texts in (written, train, val))
    references = [_beginning(text) for text in val[:N_REFERENCES]]
    known = {gram for text in train for gram in _grams(words_of(text))}
    scores = {
        "bleu": bleu(judged, references),
        "bleu_floor": bleu(real, references),
        "copied_8grams": copied(judged, known),
        "copied_8grams_floor": copied(unseen, known),
    }
    if min(len(judged), len(real)) > 1:
        scores |= {"self_bleu": self_bleu(judged), "self_bleu_floor": self_bleu(real)}
    return scores


def bleu(judged: Sequence[str], references: Sequence[str]) -> float:
    """BLEU-4 of a set of texts, each against all references; 0 without a common four words in a row."""
    metric = BLEUScore(n_gram=N_GRAM)
    return float(metric(list(judged), [list(references)] * len(judged)))


def self_bleu(judged: Sequence[str]) -> float:
    """BLEU-4 of each text against all others, of all of them together; 1 where all are equal."""
    metric = BLEUScore(n_gram=N_GRAM)
    others = [[other for place, other in enumerate(judged) if place != at] for at in range(len(judged))]
    return float(metric(list(judged), others))


def copied(judged: Sequence[str], known: Collection[Gram]) -> float:
    """The share of their eight words in a row that are known; 0 where no text has as many.

    Example:
        >>> eight = "a b c d e f g h"
        >>> copied([eight + " i"], {tuple(eight.split())})
        0.5
    """
    grams = [gram for text in judged for gram in _grams(text.split())]
    return sum(gram in known for gram in grams) / len(grams) if grams else 0.0


def _beginning(text: str) -> str:
    return " ".join(words_of(text)[:N_WORDS])


def _grams(words: Sequence[str]) -> Iterator[Gram]:
    return (tuple(words[place : place + COPIED]) for place in range(len(words) - COPIED + 1))
