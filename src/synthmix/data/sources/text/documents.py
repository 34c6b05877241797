"""Documents that were read, as a data set."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from synthmix.data.base import Dataset
from synthmix.data.sources.text.corpus import Corpus
from synthmix.data.text.documents import Documents
from synthmix.data.text.lsa import Counts, LsaSettings, counted
from synthmix.spec import DataSpec


def documents_of(name: str, corpus: Corpus, n_components: int, min_df: int, max_df: float, stop_words: str) -> Dataset:
    """The documents of a corpus, of which `split` makes points; until then a point is a number that stands for a text.

    Args:
        name: of the data set.
        corpus: the documents.
        n_components, min_df, max_df, stop_words: as in `LsaSettings`.

    Raises:
        InvalidInput: no document has a term besides stop words.
    """
    settings = LsaSettings(n_components, min_df, max_df, stop_words)
    documents = Documents(corpus.names, corpus.texts, *_counted(corpus, stop_words), settings)
    labels = None if corpus.labels is None else torch.tensor(corpus.labels)
    told = [corpus.texts, None if labels is None else labels.tolist(), settings]
    digest = hashlib.sha256("\n".join(map(repr, told)).encode()).hexdigest()
    spec = DataSpec(name, "table", (1,), None, corpus.n_classes)
    x = torch.tensor([[_number(text)] for text in corpus.texts], dtype=torch.float64)
    return replace(Dataset(x, labels, spec, documents=documents), spec=replace(spec, digest=digest))


@lru_cache(maxsize=2)  # each seed's train is looked at before anything is trained
def _counted(corpus: Corpus, stop_words: str) -> tuple[Counts, NDArray[np.str_]]:
    return counted(corpus.texts, stop_words)


def _number(text: str) -> float:
    """The same for equal texts, and in all likelihood for no others: 52 bits, which a float64 holds."""
    return float(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 12)
