"""Topics of documents whose topics are known, and NPMI against a count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthmix.data.base import Splits
from synthmix.data.sources.text.corpus import Corpus
from synthmix.data.sources.text.documents import documents_of
from synthmix.data.split import split
from synthmix.metric import HeldOut, scores_of
from synthmix.pipeline.results import held_out_of
from synthmix.tasks.clustering.metrics import METRICS
from synthmix.tasks.clustering.plots.topics import topics_picture
from synthmix.tasks.clustering.topics import coherence, npmi, telling, topics_of

TERMS = (["goal", "match", "team", "player", "coach"], ["market", "bank", "share", "price", "profit"])
BOTH = ["today", "city", "people", "reported", "week"]


def splits(seed: int = 0) -> Splits:
    """Documents of two topics, with words that both have."""
    rng = np.random.default_rng(seed)
    texts = tuple(
        f"Title {i}\n" + " ".join([*rng.choice(TERMS[i % 2], 4, replace=False), *rng.choice(BOTH, 3, replace=False)])
        for i in range(160)
    )
    corpus = Corpus(tuple(f"{i}.txt" for i in range(160)), texts, np.arange(160) % 2, ("sport", "money"))
    made = documents_of("text", corpus, 3, 2, 0.9, "english")
    return split(made, seed=0, n_train=80, n_val=20, n_test=60, n_reserve=0)


def scored(parts: Splits, *, shuffled: bool = False) -> HeldOut:
    """The clusters of documents are their classes, or have nothing to do with them."""
    outputs = {}
    for name, part in parts.answered.items():
        assert part.y is not None
        clusters = part.y.numpy() + 3
        outputs[name] = {"assignments": np.random.default_rng(1).permutation(clusters) if shuffled else clusters}
    return held_out_of(parts, "test", outputs, 0)


def test_terms_and_documents_are_those_of_the_topic() -> None:
    parts = splits()
    found = topics_of(scored(parts), n_terms=5)
    assert [topic.cluster for topic in found] == [3, 4]
    assert [set(topic.terms) for topic in found] == [set(terms) for terms in TERMS]
    assert sum(topic.n_documents for topic in found) == 80
    assert parts.train.documents is not None
    for parity, topic in enumerate(found):
        assert [int(name.removesuffix(".txt")) % 2 for name in topic.nearest] == [parity] * 3
        assert [f"Title {name.removesuffix('.txt')}" for name in topic.nearest] == list(topic.titles)
        assert set(topic.nearest) <= set(parts.train.documents.names)
        assert list(topic.weights) == sorted(topic.weights, reverse=True)


def test_coherence_is_high_of_topics_and_low_of_chance_without_a_label() -> None:
    parts = splits()
    of_topics, of_chance = (scores_of(METRICS, scored(parts, shuffled=shuffled)) for shuffled in (False, True))
    assert of_topics["coherence"] > of_chance["coherence"] + 0.15
    unlabelled = scored(parts)
    again = HeldOut(unlabelled.outputs, unlabelled.points, None, 0, unlabelled.documents, unlabelled.learnt)
    assert scores_of(METRICS, again)["coherence"] == of_topics["coherence"]
    assert unlabelled.learnt is not None
    assert unlabelled.learnt.labels is None


def test_coherence_is_counted_in_held_out_documents() -> None:
    parts = splits()
    given = scored(parts)
    assert given.learnt is not None
    on_train = HeldOut(given.outputs, given.learnt.points, None, 0, given.learnt.documents, given.learnt)
    assert coherence(topics_of(on_train)) != coherence(topics_of(given))
    assert topics_of(HeldOut(given.outputs, given.points, None, 0)) == []
    assert "coherence" not in scores_of(METRICS, HeldOut(given.outputs, given.points, None, 0))


def test_npmi_by_hand() -> None:
    # Of eight documents four have the first term, four the second, and two both; the third occurs in none.
    occurs = np.zeros((8, 3), dtype=bool)
    occurs[:4, 0] = occurs[2:6, 1] = True
    assert npmi(occurs[:, :2]) == 0  # independent
    assert npmi(occurs) == pytest.approx(-2 / 3)
    occurs[2:6, 1], occurs[:2, 1] = False, True
    assert npmi(occurs[:, :2]) == pytest.approx(math.log(0.25 / (0.5 * 0.25)) / -math.log(0.25))
    assert npmi(np.ones((3, 2), dtype=bool)) == 1
    assert math.isnan(npmi(occurs[:, :1]))


def test_a_term_tells_by_its_part_of_the_divergence() -> None:
    occurs = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 1, 0]], dtype=bool)
    found = telling(occurs, np.array([True, True, False, False]))
    np.testing.assert_allclose(found, [math.log(2), 0.5 * math.log(0.5 / 0.75), 0])


def test_the_picture_shows_terms_and_titles() -> None:
    found = topics_of(scored(splits()))
    figure = topics_picture(found)
    first = figure.axes[0]
    assert [text.get_text() for text in first.get_yticklabels()] == list(max(found, key=lambda t: t.n_documents).terms)
    assert first.get_xlabel().splitlines()[0].startswith("Title ")
    assert torch.isfinite(torch.tensor([topic.coherence for topic in found])).all()
