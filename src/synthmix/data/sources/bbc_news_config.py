"""Config of `data=bbc_news`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.data import FileSetConfig
from synthmix.config.schema import Count
from synthmix.data.sources.files.known import BBC_NEWS
from synthmix.data.sources.files.retrieval import all_present, data_folder, locate
from synthmix.data.sources.table.formats.base import Reading
from synthmix.data.sources.text.corpus import Corpus, read_corpus
from synthmix.data.sources.text.documents_config import DocumentsConfig
from synthmix.spec import DataSpec, Extent

N_DOCUMENTS, N_CLASSES = 2225, 5


@dataclass(kw_only=True, frozen=True)
class BbcNewsConfig(DocumentsConfig, FileSetConfig):
    """News of the BBC."""

    _target_: str = "synthmix.data.sources.bbc_news.load_bbc_news"
    name: str = "bbc_news"
    n_train: Count | None = 300

    def extent(self) -> Extent:
        """2,225 documents of five topics; no official test set."""
        return Extent(DataSpec(self.name, "table", (self.n_components,), None, N_CLASSES), n_points=N_DOCUMENTS)

    def corpus(self) -> Corpus | None:
        """The documents where they lie in the folder; None where they must be fetched first."""
        return self.located() if all_present([BBC_NEWS], data_folder(self.root, self.name)) else None

    def located(self) -> Corpus:
        """The documents, fetched where they are missing.

        Raises:
            InvalidInput: the file is missing and no mirror delivers it, or its MD5 is wrong.
        """
        return read_corpus(Reading(str(locate(BBC_NEWS, data_folder(self.root, self.name)))), None, "folders")
