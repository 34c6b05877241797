"""Scores of texts against what follows by hand."""

from __future__ import annotations

import pytest

from synthmix.quality import texts
from synthmix.quality.texts import bleu, copied, self_bleu, text_scores

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def document(start: int, n: int = 12) -> str:
    """Words that no document of another start has in the same order."""
    return " ".join(f"{LETTERS[(start * 7 + place * (start + 1)) % 26]}{start}" for place in range(n))


def test_bleu_is_the_mean_of_precisions() -> None:
    # Of the words 4 of 5 are right, of the pairs 3 of 4, 2 of 3 and 1 of 2.
    assert bleu(["a b c d e"], ["a b c d f"]) == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25, abs=1e-5)
    assert bleu(["a b c d e"], ["x x x x x", "a b c d e"]) == pytest.approx(1)
    assert bleu(["a b c d e"], ["v w x y z"]) == 0


def test_self_bleu_is_one_of_repeats_and_nothing_of_strangers() -> None:
    assert self_bleu(["a b c d e"] * 3) == pytest.approx(1)
    assert self_bleu([document(start) for start in range(3)]) == 0


def test_copies_are_counted_by_eight_words() -> None:
    known = {tuple("abcdefgh")}
    assert copied(["x a b c d e f g h"], known) == 0.5
    assert copied(["a b c d e f g x h"], known) == 0
    assert copied(["a b"], known) == 0


def test_copies_of_train_score_as_their_floor_and_are_told() -> None:
    train, val = [document(start) for start in range(4)], [document(start) for start in range(4, 8)]
    found = text_scores([text.upper() for text in train], train, val)
    assert found["copied_8grams"] == 1
    assert found["copied_8grams_floor"] == 0
    assert found["bleu"] == found["bleu_floor"]
    assert found["self_bleu"] == found["self_bleu_floor"]
    fresh = text_scores(val, train, val)
    assert fresh["copied_8grams"] == 0
    assert fresh["bleu"] == pytest.approx(1)


def test_the_beginning_of_each_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "N_WORDS", 12)
    train, val = [document(0)], [document(1)]
    assert text_scores([document(1) + " and more that is not judged"], train, val)["bleu"] == pytest.approx(1)
