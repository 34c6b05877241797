"""A language model of a language whose rules are known."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from synthmix.api import make_generator
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.data.base import Splits
from synthmix.data.sources.text.corpus import Corpus
from synthmix.data.sources.text.documents import documents_of
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.generators.base import Writing
from synthmix.generators.text_lm.model import TextLm, drawn
from synthmix.generators.text_lm.vocabulary import END, N_SPECIAL, UNKNOWN, Vocabulary
from synthmix.quality.alarms import alarms
from synthmix.quality.texts import scores_of_texts

SIZE = {"steps": 150, "window": 12, "embedding_dim": 16, "hidden_dim": 32, "learning_rate": 0.01, "dropout": 0.0}
NEXT = {
    "goal": ["team", "match"],
    "team": ["wins", "loses"],
    "match": ["wins", "loses"],
    "wins": ["goal"],
    "loses": ["goal"],
}


def sentence(rng: np.random.Generator) -> str:
    """Each word has at most two that can follow, each as likely."""
    words = ["goal"]
    while len(words) < 13:
        words.append(str(rng.choice(NEXT[words[-1]])))
    return " ".join(words)


def made(texts: tuple[str, ...], n_train: int) -> Splits:
    names = tuple(map(str, range(len(texts))))
    dataset = documents_of("text", Corpus(names, texts, None), 2, 1, 1.0, "english")
    return split(dataset, seed=0, n_train=n_train, n_val=10, n_test=10, n_reserve=0)


@pytest.fixture(scope="module")
def splits() -> Splits:
    rng = np.random.default_rng(0)
    return made(tuple(sentence(rng) for _ in range(80)), 60)


@pytest.fixture(scope="module")
def model(splits: Splits) -> TextLm:
    found = make_generator("text_lm", **SIZE).fit(splits.train.unlabelled(), seed=1)
    assert isinstance(found, TextLm)
    return found


def test_it_writes_by_the_rules(model: TextLm) -> None:
    written = [text.split() for text in model.texts(50, 0)]
    pairs = [pair for words in written for pair in pairwise(words)]
    assert np.mean([second in NEXT[first] for first, second in pairs]) > 0.95
    assert {word for words in written for word in words} == set(NEXT)
    assert len({" ".join(words) for words in written}) > 25


def test_perplexity_is_that_of_the_rules(model: TextLm, splits: Splits) -> None:
    assert splits.val.documents is not None
    # Fourteen words with the end, eight of them a choice among two. Who does not count sees the end after a goal in one
    # of five cases besides.
    choices = 8 * math.log(2)
    least, most = choices, choices + 4 * math.log(5 / 4) + math.log(5)
    assert math.exp(least / 14) < model.perplexity(splits.val.documents.texts) < 1.02 * math.exp(most / 14)
    scrambled = [" ".join(reversed(text.split())) for text in splits.val.documents.texts]
    assert model.perplexity(scrambled) > 5


def test_its_points_are_those_of_its_texts(model: TextLm, splits: Splits) -> None:
    assert splits.train.documents is not None
    assert splits.train.documents.lsa is not None
    assert isinstance(model, Writing)
    points = torch.from_numpy(splits.train.documents.lsa.encode(model.texts(130, 5)))
    torch.testing.assert_close(model.sample(130, 5), points)


def test_a_stored_model_writes_the_same(model: TextLm, splits: Splits) -> None:
    again = make_generator("text_lm", **SIZE).load_state(model.state())
    assert isinstance(again, TextLm)
    assert again.texts(5, 3) == model.texts(5, 3)
    assert torch.equal(again.sample(5, 3), model.sample(5, 3))


def test_one_that_knows_train_by_heart_is_told() -> None:
    rng = np.random.default_rng(3)
    texts = tuple(" ".join(rng.permutation([f"{a}{b}" for a in "bcdfg" for b in "aeiou"])) for _ in range(24))
    parts = made(texts, 3)
    options = {**SIZE, "steps": 300, "batch_size": 3, "window": 26}
    learnt = make_generator("text_lm", **options).fit(parts.train, seed=0)
    assert isinstance(learnt, TextLm)
    scores = scores_of_texts(learnt, parts, 0)
    assert scores["copied_8grams"] > 0.5 > 0.01 > scores["copied_8grams_floor"]
    assert any("copied_8grams" in line for line in alarms(scores, {}, AlarmsConfig())["memorisation"])


def test_a_nucleus_is_the_fewest_words_of_that_probability() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log().repeat(4000, 1)
    shares = {}
    for top_p in (0.4, 0.75, 1.0):
        found = drawn(logits, 1.0, top_p, torch.Generator().manual_seed(0))
        shares[top_p] = (torch.bincount(found[:, 0], minlength=4) / 4000).numpy()
    np.testing.assert_allclose(shares[0.4], [1, 0, 0, 0])
    np.testing.assert_allclose(shares[0.75], [0.5 / 0.8, 0.3 / 0.8, 0, 0], atol=0.03)
    np.testing.assert_allclose(shares[1.0], [0.5, 0.3, 0.15, 0.05], atol=0.03)
    cold = drawn(logits, 0.5, 1.0, torch.Generator().manual_seed(0))
    squares = np.array([0.25, 0.09, 0.0225, 0.0025])
    np.testing.assert_allclose((torch.bincount(cold[:, 0], minlength=4) / 4000), squares / squares.sum(), atol=0.03)


def test_a_vocabulary_has_the_words_of_most_documents() -> None:
    known = Vocabulary.of(["b a a a", "b c, d", "B"], 2)
    assert known.words == ["b", ","]
    row = known.encoded(["B zebra ,"])[0].tolist()
    assert row == [END, N_SPECIAL, UNKNOWN, N_SPECIAL + 1, END]
    assert known.decoded([N_SPECIAL + 1, N_SPECIAL, END, N_SPECIAL]) == ", b"
    assert math.isclose(len(known), 5)


def test_points_without_texts_are_refused(splits: Splits) -> None:
    from dataclasses import replace

    with pytest.raises(InvalidInput, match=r"^model.name=text_lm: data.name=text has no documents"):
        make_generator("text_lm").fit(replace(splits.train, documents=None), seed=0)
