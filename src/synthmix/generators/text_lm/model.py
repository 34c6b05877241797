"""A generator that writes documents, word by word, and gives them as the points that `split` has made of train's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.optim import Adam, Optimizer

from synthmix.data.base import Dataset
from synthmix.data.text.lsa import Lsa
from synthmix.errors import InvalidInput
from synthmix.generators.text_lm.config import TextLmConfig
from synthmix.generators.text_lm.vocabulary import END, PADDING, UNKNOWN, Vocabulary
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.seeds import generator_for
from synthmix.spec import DataSpec

MAX_GRADIENT_NORM = 1.0
JUDGED = 64  # documents at once


class _Network(nn.Module):
    """Logits of the next word; the embedding is also what the logits are made with (Press and Wolf 2017)."""

    def __init__(self, size: int, config: TextLmConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, config.embedding_dim, padding_idx=PADDING)
        nn.init.normal_(self.embedding.weight, std=config.embedding_dim**-0.5)
        self.recurrent = nn.GRU(config.embedding_dim, config.hidden_dim, batch_first=True)
        self.out = nn.Linear(config.hidden_dim, config.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(size))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, words: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Words (B, T) → logits (B, T, V) and the state after the last of them, (1, B, H)."""
        outputs, state = self.recurrent(self.dropout(self.embedding(words)), state)
        hidden = self.out(self.dropout(outputs))
        return functional.linear(hidden, self.embedding.weight, self.bias), state


class TextLm(TrainedGenerator):
    """A language model of train's documents by a gated recurrent unit (Cho et al. 2014).

    It minimises the cross-entropy of the next word in windows of train's documents. Words are drawn at a temperature
    from the nucleus of the distribution (Holtzman et al. 2020), never one that it does not know, until a document ends.
    A document that it has written is a point by the analysis that `split` has fitted on train.

    Args:
        config: of the net and of the drawing.
    """

    config: TextLmConfig
    network: _Network
    vocabulary: Vocabulary
    lsa: Lsa
    block_size = 100

    def __init__(self, config: TextLmConfig) -> None:
        super().__init__(config)

    def fit(self, dataset: Dataset, **how: Any) -> Self:
        """Learns from the texts of `dataset`, as `TrainedGenerator.fit` does from points.

        Raises:
            InvalidInput: there are no documents, or `split` has not made points of them.
        """
        documents = dataset.documents
        if documents is None or documents.lsa is None:
            raise InvalidInput(f"model.name=text_lm: data.name={dataset.spec.name} has no documents that were split")
        self.lsa, self._texts = documents.lsa, documents.texts
        self.vocabulary = Vocabulary.of(documents.texts, self.config.vocabulary)
        super().fit(dataset, **how)
        del self._texts
        return self

    def build(self, spec: DataSpec) -> None:
        """Makes the net and Adam."""
        self.network = _Network(len(self.vocabulary), self.config)
        self.optimizer = Adam(self.network.parameters(), lr=self.config.learning_rate)

    def configure_optimizers(self) -> Optimizer:
        """Adam over the net."""
        return self.optimizer

    def training_points(self, x: Tensor) -> Tensor:
        """The numbers of the words of each document, int64, (n, L)."""
        return self.vocabulary.encoded(self._texts)

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update on a window of each of some documents."""
        lengths = (batch != PADDING).sum(dim=1)
        latest = (lengths - self.config.window - 1).clamp(min=0)
        starts = (torch.rand(len(batch), device=batch.device) * (latest + 1)).long()
        places = starts[:, None] + torch.arange(self.config.window + 1, device=batch.device)
        windows = functional.pad(batch, (0, self.config.window)).gather(1, places)
        logits, _ = self.network(windows[:, :-1])
        targets = windows[:, 1:].reshape(-1)
        loss = functional.cross_entropy(logits.flatten(0, 1), targets, ignore_index=PADDING)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        return {"cross_entropy": loss.detach()}

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """The points of `n` documents that it writes."""
        return torch.from_numpy(self.lsa.encode(self.write(n, rng)))

    def texts(self, n: int, seed: int) -> list[str]:
        """The documents whose points are the first `n` of the synthetic pool of this seed, in their order."""
        found: list[str] = []
        for index in range(-(-n // self.block_size)):
            rng = generator_for(seed, "pool", index)
            written = self.write(self.block_size, rng)
            found += [written[place] for place in torch.randperm(len(written), generator=rng).tolist()]
        return found[:n]

    @torch.no_grad()
    def write(self, n: int, rng: torch.Generator) -> list[str]:
        """Writes `n` documents, at least a word each."""
        sampler, state = self.sampler.cpu().eval(), None
        word, rows = torch.full((n, 1), END), []
        for place in range(self.config.max_words):
            logits, state = sampler(word, state)
            allowed = logits[:, 0].float()
            allowed[:, [PADDING, UNKNOWN, *([END] if place == 0 else [])]] = -math.inf
            word = drawn(allowed, self.config.temperature, self.config.top_p, rng)
            rows.append(word)
            if all((torch.cat(rows, dim=1) == END).any(dim=1)):
                break
        return [self.vocabulary.decoded(row) for row in torch.cat(rows, dim=1).tolist()]

    @torch.no_grad()
    def perplexity(self, texts: Sequence[str]) -> float:
        """That of texts, words that it does not know counted as one word: exp of the mean cross-entropy of a word."""
        from torchmetrics.text import Perplexity

        metric, sampler = Perplexity(ignore_index=PADDING), self.sampler.cpu().eval()
        words = self.vocabulary.encoded(texts)
        for begin in range(0, len(words), JUDGED):
            rows = words[begin : begin + JUDGED]
            rows = rows[:, : int((rows != PADDING).sum(dim=1).max())]
            state = None
            for start in range(0, rows.shape[1] - 1, self.config.window):
                stop = min(start + self.config.window, rows.shape[1] - 1)
                logits, state = sampler(rows[:, start:stop], state)
                metric.update(logits, rows[:, start + 1 : stop + 1])
        return float(metric.compute())

    def state(self) -> dict[str, Any]:
        """Also the words that it knows, and how a text becomes a point."""
        return {**super().state(), "words": self.vocabulary.words, "lsa": self.lsa.state()}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Makes an unfitted model what `state` was taken of."""
        self.vocabulary, self.lsa = Vocabulary(state["words"]), Lsa.from_state(state["lsa"])
        return super().load_state(state)


def drawn(logits: Tensor, temperature: float, top_p: float, rng: torch.Generator) -> Tensor:
    """A word for each row, from the fewest words that have the probability `top_p` together.

    Args:
        logits: (n, V), -inf for a word that is not allowed.
        temperature: above 0; the lower, the likelier the likely words.
        top_p: above 0, at most 1.
        rng: of the draw.

    Returns:
        int64, (n, 1).
    """
    probabilities, words = (logits / temperature).softmax(dim=1).sort(dim=1, descending=True)
    before = probabilities.cumsum(dim=1) - probabilities
    probabilities[before >= top_p] = 0
    return words.gather(1, torch.multinomial(probabilities, 1, generator=rng))
