"""The columns of points as a generator or a score is given them: encoded, each with its place."""

from __future__ import annotations

from synthmix.data.encoding import places
from synthmix.spec import Column, DataSpec


def typed_columns(spec: DataSpec) -> list[tuple[Column, slice]]:
    """Each column, and its place in a flattened point. Where nobody has said what they are, all values are numeric.

    Raises:
        ValueError: the points are a table as it was loaded, whose levels nobody has given places yet.
    """
    columns = spec.columns or tuple(Column(str(number), "numeric") for number in range(spec.size))
    if sum(column.width for column in columns) != spec.size:
        raise ValueError(f"{spec.name}: its columns must have been encoded; call split first")
    return [*zip(columns, places(columns), strict=True)]
