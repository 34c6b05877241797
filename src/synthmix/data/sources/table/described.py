"""A table in words: a line for each column. Light: imports no torch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.table.file import Table
from synthmix.spec import Column


def described(table: Table, missing: str, impute: str) -> Iterator[str]:
    """Yields the head and a line for each column.

    Args:
        table: that was read.
        missing, impute: what is done with missing values.
    """
    if not table.columns:
        yield f"{len(table.values)} images of {'×'.join(map(str, table.values.shape[1:]))} values from 0 to 1"
        return
    rows = [("column", "type", "missing", "levels or range", "becomes")]
    for column, cells in zip(table.columns, table.values.T, strict=True):
        n = int(np.isnan(cells).sum())
        rows.append((column.name, column.kind, str(n), _range(column, cells), _becomes(column, n, impute)))
    widths = [max(map(len, texts)) for texts in zip(*rows, strict=True)]
    yield f"{len(table.values)} rows, {len(table.columns)} columns"
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _range(column: Column, cells: NDArray[np.float64]) -> str:
    if column.levels:
        more = f", … ({len(column.levels)})" if len(column.levels) > 5 else ""
        return ", ".join(column.levels[:5]) + more
    low, high = np.nanmin(cells), np.nanmax(cells)
    if column.kind == "date":
        return " to ".join(str(np.datetime64(int(end), "s")).removesuffix("T00:00:00") for end in (low, high))
    return f"{low:.12g} to {high:.12g}"


def _becomes(column: Column, n_missing: int, impute: str) -> str:
    filled = ""
    if n_missing:
        typical = "median" if column.kind in ("numeric", "integer", "date") else "most frequent"
        filled = f", filled by {typical if impute == 'median' or typical != 'median' else impute}"
    if column.kind == "categorical":
        return f"{column.width} values, one for each level, 1 apart{filled}"
    if column.kind == "boolean":
        return f"0 or 1{filled}"
    if column.encoding == "quantile":
        return f"normal scores of its ranks{filled}"
    if column.encoding == "parts":
        return f"5 values: standardised, month and weekday as points of circles{filled}"
    return f"standardised{filled}"
