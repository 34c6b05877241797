"""A user's own documents as a data set."""

from __future__ import annotations

from synthmix.data.base import Dataset
from synthmix.data.sources.text.config import TextConfig
from synthmix.data.sources.text.documents import documents_of


def load_text(config: TextConfig) -> Dataset:
    """The documents of a folder, a zip, or a column of a table; no official test set.

    Raises:
        InvalidInput: as `TextConfig.corpus`, with the document that is wrong.
    """
    corpus = config.corpus()
    return documents_of(config.name, corpus, config.n_components, config.min_df, config.max_df, config.stop_words)
