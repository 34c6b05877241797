"""Documents of the user's, wherever they lie: the keys that say where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Count
from synthmix.data.sources.files.remote import is_url, local_path
from synthmix.data.sources.table.formats.base import Reading
from synthmix.data.sources.text.corpus import Corpus, read_corpus
from synthmix.errors import InvalidInput


@dataclass(kw_only=True, frozen=True)
class LocatedDocuments:
    """Documents in a folder, a zip or a column of a table.

    Attributes:
        path: of a folder of texts, of a zip of such, or of a table; must be given. What an http(s)
            address has is downloaded once.
        text_column: of a table, the column of documents.
        label_column: of a table, labels of any type; for scoring only.
        labels: folders takes the name of the subfolder that a document lies in, none takes no labels; auto is folders
            where there are several and every document lies in one. For scoring only.
        encoding: of the documents, e.g. utf-8 or latin-1; null is found.
        max_bytes: the most that the documents may hold together once they are unpacked.
    """

    path: str | None = None
    text_column: str | None = None
    label_column: str | None = None
    labels: Literal["auto", "folders", "none"] = "auto"
    encoding: str | None = None
    max_bytes: Count = 1_000_000_000

    def corpus(self) -> Corpus:
        """The documents, read."""
        if self.path is None:
            raise InvalidInput("data.path=null: must name a folder or a zip of texts, or a table with a column of them")
        reading = Reading(self.path, self.label_column, encoding=self.encoding, max_bytes=self.max_bytes)
        return read_corpus(reading, self.text_column, self.labels)

    def notes(self) -> Iterator[str]:
        """What was found and not said in the config."""
        corpus = self.corpus()
        if is_url(str(self.path)):
            kept = local_path(str(self.path))
            yield f"data.path={self.path}: kept in {kept}; remove that file to have it downloaded again"
        yield from corpus.notes
