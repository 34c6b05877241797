"""A user's own documents as points by embeddings of words that somebody else has trained, on other texts."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from synthmix.data.base import Dataset
from synthmix.data.sources.text.wordllama_config import PACKAGE, TextWordllamaConfig
from synthmix.spec import DataSpec

BATCH = 32
LEAST = 1e-12  # a document without a word that is known stays at the origin


def load_text_wordllama(config: TextWordllamaConfig) -> Dataset:
    """The mean of the embeddings of a document's words, its first values scaled to length 1 (Miller 2024, wordllama).

    Nothing is fitted and nothing is downloaded: weights and tokenizer lie in the package.

    Raises:
        InvalidInput: as `TextWordllamaConfig.corpus`, with the document that is wrong.
    """
    corpus = config.corpus()
    by_length = sorted(range(len(corpus.texts)), key=lambda row: len(corpus.texts[row]))  # a batch is padded
    points = np.empty((len(corpus.texts), config.n_components), dtype=np.float32)
    embedded = _model().embed([corpus.texts[row] for row in by_length], batch_size=BATCH)
    points[by_length] = np.asarray(embedded)[:, : config.n_components]
    points /= np.linalg.norm(points, axis=1, keepdims=True).clip(min=LEAST)
    labels = None if corpus.labels is None else torch.tensor(corpus.labels)
    told = [corpus.texts, corpus.labels, config.n_components, version(PACKAGE)]  # and no value, which is rounded
    digest = hashlib.sha256("\n".join(map(repr, told)).encode()).hexdigest()
    spec = DataSpec(config.name, "table", (config.n_components,), None, corpus.n_classes, digest=digest)
    return Dataset(torch.from_numpy(points), labels, spec)


@cache
def _model() -> Any:
    """The package's embeddings, read once a process, without the logging that it sets up for whoever imports it."""
    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)  # with which there is nothing left to set up
    try:
        import wordllama
    finally:
        root.removeHandler(handler)
    # Its loader looks for the tokenizer beside the package, and finds it where this folder is said to be the cache.
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
