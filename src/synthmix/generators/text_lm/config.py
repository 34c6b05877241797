"""Config of the language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Decay, Positive, Range
from synthmix.data.sources.text.documents_config import DocumentsConfig
from synthmix.generators.config import TrainedConfig


@dataclass(kw_only=True, frozen=True)
class TextLmConfig(TrainedConfig):
    """A language model of words by a gated recurrent unit.

    Attributes:
        batch_size: documents of a minibatch, of each a window.
        window: words of a window.
        vocabulary: the most words that it can write, those that most documents of train have.
        embedding_dim: values that a word becomes.
        hidden_dim: units of the recurrent net.
        dropout: share of the values that are dropped, before and after the recurrent net.
        temperature: that logits are divided by when words are drawn.
        top_p: words are drawn from the fewest that have this probability together (nucleus); 1 leaves out none.
        max_words: the most words of a document that it writes.
    """

    _target_: str = "synthmix.generators.text_lm.model.TextLm"
    name: str = "text_lm"
    steps: Count = 800
    batch_size: Count = 16
    learning_rate: Positive = 3e-3
    window: Annotated[int, Range(low=2)] = 48
    vocabulary: Annotated[int, Range(low=2)] = 3000
    embedding_dim: Count = 96
    hidden_dim: Count = 192
    dropout: Decay = 0.3
    temperature: Positive = 1.0
    top_p: Annotated[float, Range(above=0, high=1)] = 0.95
    max_words: Count = 200

    def faults(self, cell: Cell) -> Iterator[str]:
        """It needs documents."""
        yield from super().faults(cell)
        if not isinstance(cell.data, DocumentsConfig):
            allowed = "allowed: data=text, data=bbc_news"
            yield f"model.name={self.name}: data.name={cell.data.name} has no documents; {allowed}"
