"""BBC news: articles of 2004 and 2005 in five topics (business, entertainment, politics, sport, tech)."""

from __future__ import annotations

from synthmix.data.base import Dataset
from synthmix.data.sources.bbc_news_config import BbcNewsConfig
from synthmix.data.sources.text.documents import documents_of


def load_bbc_news(config: BbcNewsConfig) -> Dataset:
    """2,225 documents, 98 of them exact repeats of others; no official test set.

    Source: Greene and Cunningham 2006. For research, and not commercial: the rights in the articles are the BBC's.

    Raises:
        InvalidInput: the file is missing and no mirror delivers it, or its MD5 is wrong.
    """
    corpus = config.located()
    return documents_of(config.name, corpus, config.n_components, config.min_df, config.max_df, config.stop_words)
