"""Config of `data=text_wordllama`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.data import DataConfig
from synthmix.config.schema import Range
from synthmix.data.sources.text.located import LocatedDocuments
from synthmix.spec import DataSpec, Extent

PACKAGE = "wordllama"
LENGTH = 256  # values that the package's own embedding of a word has


@dataclass(kw_only=True, frozen=True)
class TextWordllamaConfig(LocatedDocuments, DataConfig):
    """Documents of the user's, as points by the embeddings of words that wordllama ships.

    Attributes:
        n_components: values of a point, the first of 256; 64 and 128 of them were trained to serve by themselves.
    """

    has_cells: ClassVar[bool] = False

    _target_: str = "synthmix.data.sources.text.wordllama.load_text_wordllama"
    name: str = "text_wordllama"
    n_components: Annotated[int, Range(low=1, high=LENGTH)] = 64

    def extent(self) -> Extent:
        """Reads every document, so that what is wrong with one is known before any training."""
        corpus = self.corpus()
        spec = DataSpec(self.name, "table", (self.n_components,), None, corpus.n_classes)
        return Extent(spec, n_points=len(corpus.texts))

    def faults(self, cell: Cell) -> Iterator[str]:
        """The package must be there."""
        if find_spec(PACKAGE) is None:
            yield f"data.name={self.name}: needs {PACKAGE}; pip install 'synthmix[{PACKAGE}]'"
            return
        yield from super().faults(cell)
