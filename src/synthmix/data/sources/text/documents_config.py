"""The keys of data sets that consist of documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.data import DataConfig
from synthmix.config.schema import Count, Range
from synthmix.data.sources.text.corpus import Corpus
from synthmix.errors import InvalidInput
from synthmix.spec import AnomalyProtocol, DataSpec, Extent


@dataclass(kw_only=True, frozen=True)
class DocumentsConfig(DataConfig):
    """Documents, which become points by TF-IDF and a singular value decomposition, both fitted on train (LSA).

    Attributes:
        n_components: values of a point.
        min_df: the fewest documents of train that a term must occur in.
        max_df: the largest share of train's documents that a term may occur in.
        stop_words: english leaves out scikit-learn's list of them, none leaves out no term.
    """

    has_cells: ClassVar[bool] = False

    n_components: Count = 10
    min_df: Count = 2
    max_df: Annotated[float, Range(above=0, high=1)] = 0.5
    stop_words: Literal["english", "none"] = "english"

    def corpus(self) -> Corpus | None:
        """The documents, read; None where they are not there yet and can be fetched.

        Raises:
            InvalidInput: they cannot be used, one line for each reason.
        """
        raise NotImplementedError

    def extent(self) -> Extent:
        """Reads every document, so that what is wrong with one is known before any training."""
        corpus = self.corpus()
        assert corpus is not None
        return Extent(self.spec_of(corpus), n_points=len(corpus.texts))

    def spec_of(self, corpus: Corpus) -> DataSpec:
        """That of the points which documents become."""
        return DataSpec(self.name, "table", (self.n_components,), None, corpus.n_classes)

    def faults(self, cell: Cell) -> Iterator[str]:
        """Also whether train's documents have terms enough, which is found by encoding them."""
        found = list(super().faults(cell))
        if self.pollute != "none":
            found.append(f"data.pollute={self.pollute}: documents cannot be polluted; must be none")
        if not found and (corpus := self.corpus()) is not None:
            sizes = (self.n_train, self.n_val, self.n_test, self.n_reserve)
            settings = (self.n_components, self.min_df, self.max_df, self.stop_words)
            found += _train_faults(corpus, settings, sizes, cell.seed, cell.anomaly_protocol)
        yield from found


@lru_cache(maxsize=1024)  # each cell of a study asks for its seed's train
def _train_faults(
    corpus: Corpus,
    settings: tuple[int, int, float, str],
    sizes: tuple[int | None, int | None, int | None, int],
    seed: int,
    anomalies: AnomalyProtocol | None,
) -> list[str]:
    from synthmix.data.sources.text.documents import documents_of
    from synthmix.data.split import split

    n_train, n_val, n_test, n_reserve = sizes
    try:
        dataset = documents_of("text", corpus, *settings)
        split(dataset, seed=seed, anomalies=anomalies, n_train=n_train, n_val=n_val, n_test=n_test, n_reserve=n_reserve)
    except InvalidInput as error:
        return list(error.faults)
    return []
