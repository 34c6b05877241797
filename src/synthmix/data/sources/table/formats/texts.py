"""Columns of texts, each with its differing cells, so that what is done to texts is done once for each of these."""

from __future__ import annotations

from typing import Any

from synthmix.data.sources.table.formats.base import Cells


def is_text(kind: Any) -> bool:
    """Whether a type of pyarrow is that of texts or categories."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def with_levels(column: Cells) -> Cells:
    """Texts or categories as one dictionary array, of places among the differing cells."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # of no chunk
        column = pa.array([], pa.string()).dictionary_encode()
    if column.dictionary.type != pa.string():
        column = pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.string()))
    return column
