"""Texts as numbers of words, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from synthmix.data.text.words import words_of

PADDING, END, UNKNOWN = range(3)
N_SPECIAL = 3


class Vocabulary:
    """The words that a model knows, numbered from `N_SPECIAL` on.

    Args:
        words: in the order of their numbers.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._numbers = {word: number for number, word in enumerate(words, start=N_SPECIAL)}

    @classmethod
    def of(cls, texts: Iterable[str], size: int) -> Vocabulary:
        """The words that most of the texts have, at most `size` of them; of equally many the first of the alphabet."""
        counts = Counter(word for text in texts for word in set(words_of(text)))
        return cls([word for word, _ in sorted(counts.items(), key=lambda found: (-found[1], found[0]))[:size]])

    def __len__(self) -> int:
        """How many numbers there are, the special ones included."""
        return N_SPECIAL + len(self.words)

    def encoded(self, texts: Sequence[str]) -> Tensor:
        """Numbers of the words between two ends, padded, int64, (N, L)."""
        rows = [[END, *(self._numbers.get(word, UNKNOWN) for word in words_of(text)), END] for text in texts]
        longest = max(map(len, rows))
        return torch.tensor([row + [PADDING] * (longest - len(row)) for row in rows])

    def decoded(self, row: Sequence[int]) -> str:
        """The words up to the first end, with blanks between them."""
        stop = row.index(END) if END in row else len(row)
        return " ".join(self.words[number - N_SPECIAL] for number in row[:stop])
