"""Files of Weka."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from synthmix.data.sources.table.formats.base import Cells, RawTable, Reading, numbered_row
from synthmix.data.sources.table.formats.delimited.dialect import decoded
from synthmix.data.sources.table.formats.packed import content


def read_arff(path: Path, reading: Reading) -> RawTable:
    """Reads numeric, nominal and date attributes. Raises InvalidInput where the file has others, or is none."""
    import pyarrow as pa
    from scipy.io import arff

    text, _ = decoded(content(path, reading), reading)
    with reading.parsing("not an arff file of numbers and categories"):
        data, meta = arff.loadarff(io.StringIO(text))
    columns: dict[str, Cells] = {}
    for name, kind in zip(meta.names(), meta.types(), strict=True):
        cells = data[name]
        if kind == "nominal":
            texts = np.char.decode(cells, "utf-8")
            columns[name] = pa.array([None if text == "?" else text for text in texts.tolist()], pa.string())
        else:
            columns[name] = pa.array(cells, from_pandas=True)
    reading.refuse_repeated(list(columns))
    return RawTable(columns, len(data), numbered_row)
