"""Points of documents know nothing but train: against scikit-learn's own pipeline, fitted on train's texts alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from synthmix.data.base import Dataset, Splits
from synthmix.data.sources.text.corpus import Corpus
from synthmix.data.sources.text.documents import documents_of
from synthmix.data.split import split
from synthmix.data.text.lsa import Lsa
from synthmix.errors import InvalidInput

TOPICS = ("goal match team player coach league win", "market bank share price profit growth trade")
SIZES = {"seed": 3, "n_train": 30, "n_val": 8, "n_test": 8, "n_reserve": 0}


def corpus(n: int = 60, seed: int = 0) -> Corpus:
    rng = np.random.default_rng(seed)
    words = [topic.split() for topic in TOPICS]
    rare = [f"name{'abcdefghij'[i]}" for i in range(10)]
    texts = tuple(
        " ".join(
            [*rng.choice(words[i % 2], 12), *rng.choice(rare, 2), f"only{'abcdefghij'[i % 10]}{'xyzuvw'[i // 10]}"]
        )
        for i in range(n)
    )
    return Corpus(tuple(f"{i}.txt" for i in range(n)), texts, np.arange(n) % 2, ("sport", "money"))


def made(texts: Corpus | None = None, k: int = 4, min_df: int = 2, max_df: float = 0.9) -> Dataset:
    return documents_of("text", texts or corpus(), k, min_df, max_df, "english")


def texts_of(part: Dataset) -> Sequence[str]:
    assert part.documents is not None
    return part.documents.texts


def test_points_are_those_of_a_pipeline_that_saw_train_alone() -> None:
    splits = split(made(), **SIZES)
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.9, stop_words="english")
    weights = vectorizer.fit_transform(texts_of(splits.train))
    svd = TruncatedSVD(4, algorithm="arpack", random_state=1).fit(weights)
    points = {
        name: normalize(svd.transform(vectorizer.transform(texts_of(part))))
        for name, part in {"train": splits.train, "test": splits.test, "val": splits.val}.items()
    }
    shift, scale = points["train"].mean(axis=0), np.sqrt(points["train"].var(axis=0).mean())
    for name, expected in points.items():
        found = getattr(splits, name).x.numpy()
        np.testing.assert_allclose(np.abs(found * scale + shift), np.abs(expected), atol=1e-5)
    assert splits.train.documents is not None
    assert splits.train.documents.terms.tolist() == vectorizer.get_feature_names_out().tolist()
    np.testing.assert_allclose(splits.train.x.var(dim=0, correction=0).mean(), 1, rtol=1e-5)


def test_other_words_in_test_change_no_point_of_train() -> None:
    texts = corpus()
    splits = split(made(texts), **SIZES)
    held_out = {texts.texts.index(text) for text in texts_of(splits.test)}
    changed = tuple("goal goal bank zebra zebra" if i in held_out else text for i, text in enumerate(texts.texts))
    again = split(made(Corpus(texts.names, changed, texts.labels, texts.classes)), **SIZES)
    assert torch.equal(splits.train.x, again.train.x)
    assert torch.equal(splits.val.x, again.val.x)
    assert not torch.equal(splits.test.x, again.test.x)


def test_texts_go_with_their_points() -> None:
    splits = split(made(), **SIZES)
    for name in ("train", "pool", "val", "test"):
        part: Dataset = getattr(splits, name)
        assert part.documents is not None
        assert part.documents.lsa is not None
        np.testing.assert_allclose(part.documents.lsa.encode(part.documents.texts), part.x, atol=1e-6)
        assert part.y is not None
        expected = [int(not any(word in text.split() for word in ("goal", "match", "team"))) for text in texts_of(part)]
        assert (part.y == torch.tensor(expected)).double().mean() > 0.9
    unlabelled: Splits = splits.unlabelled()
    assert unlabelled.train.documents is splits.train.documents


def test_a_stored_analysis_is_the_same() -> None:
    train = split(made(), **SIZES).train
    assert train.documents is not None
    assert train.documents.lsa is not None
    again = Lsa.from_state(train.documents.lsa.state())
    np.testing.assert_array_equal(again.encode(texts_of(train)), train.documents.lsa.encode(texts_of(train)))
    assert np.isfinite(again.encode(["", "unheard words alone"])).all()


def test_repeats_are_counted_across_the_split() -> None:
    texts = corpus()
    same = Corpus(texts.names, (texts.texts[0],) * 2 + texts.texts[2:], None)
    counts = [split(made(same), **{**SIZES, "seed": seed}).duplicates_across for seed in range(20)]
    assert set(counts) == {0, 1}


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"k": 30}, "data.n_components=30: must be < 24 (terms that are left of train's documents)"),
        ({"k": 40, "min_df": 1}, "data.n_components=40: must be < 30 (documents of train)"),
        (
            {"min_df": 2, "max_df": 0.01},
            "data.min_df=2: leaves none of the 54 terms in the 30 documents of train, as none occurs in at least 2 "
            "and at most 0.3 of them (data.max_df=0.01); data.max_df must be larger",
        ),
        (
            {"min_df": 29},
            "data.min_df=29: leaves none of the 54 terms in the 30 documents of train, as none occurs in at least 29 "
            "and at most 27 of them (data.max_df=0.9); must be ≤ 16, or data.max_df larger",
        ),
    ],
)
def test_too_few_terms_are_one_line(keys: dict[str, float], fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        split(made(**keys), **SIZES)  # type: ignore[arg-type]
    assert refused.value.faults == (fault,)


def test_documents_without_a_term_are_one_line() -> None:
    with pytest.raises(
        InvalidInput, match=r"^data.stop_words=english: no document has a term .two letters or more. be"
    ):
        made(Corpus(("a", "b"), ("the of 12", "x . 3"), None))
