"""Arrays and DataFrames of a user's own: checked, read as float64, and given back in the form in which they came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.config.cell import CellConfig
from synthmix.config.data import DataConfig
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Points:
    """Points in memory.

    Attributes:
        given: the array (N, D) or (N, C, H, W), or the DataFrame.
        values: the same in float64, all finite.
    """

    given: Any
    values: NDArray[np.float64]

    @property
    def spec(self) -> DataSpec:
        """A table of rows, or images with values in [0, 1]."""
        is_image = self.values.ndim == 4
        shape = tuple(self.values.shape[1:])
        return DataSpec("X", "image" if is_image else "table", shape, (0.0, 1.0) if is_image else None, None)

    def followed_by(self, more: NDArray[np.float64]) -> Any:
        """These points, unchanged, and more of them, (M, ...), in one array or DataFrame of the same columns and types.

        Whole numbers are rounded, true is what is at least .5, and values are clipped to the range of their type. An
        index of whole numbers goes on behind its largest one, texts are followed by "synthetic 0", and any other
        index gives way to 0 to N+M-1.
        """
        if not isinstance(self.given, pd.DataFrame):
            given = np.asarray(self.given)
            return np.concatenate([given, _as_type(more, given.dtype)])
        pairs = zip(self.given.items(), more.T, strict=True)
        columns = [pd.Series(_as_type(values, column.dtype), dtype=column.dtype) for (_, column), values in pairs]
        added = pd.concat(columns, axis=1)
        added.columns = self.given.columns
        index = _index_of_more(self.given.index, len(more))
        if index is None:
            return pd.concat([self.given, added], ignore_index=True)
        return pd.concat([self.given, added.set_axis(index)])


@dataclass(kw_only=True, frozen=True)
class PointsConfig(DataConfig):
    """Points in memory, all of which are for train but for those of val."""

    points: Extent

    def extent(self) -> Extent:
        """What was given."""
        return self.points


def config_of(config: CellConfig, points: Points, n_val: int = 0) -> CellConfig:
    """A cell's config with these points as its data, against which what is to be fitted to them can be checked."""
    extent = Extent(points.spec, len(points.values), n_official_test=0)
    return replace(config, data=PointsConfig(_target_="", name="X", n_val=n_val, points=extent))


def read_points(given: Any) -> Points:
    """Checks an array or a DataFrame.

    Raises:
        InvalidInput: a DataFrame with unnamed or repeated columns, or a column that holds no numbers; a shape that is
            neither that of a table nor of images; a value that is missing or no finite 32-bit number; no points.
    """
    if isinstance(given, pd.DataFrame):
        faults = [*_name_faults(given.columns), *_type_faults(given)]
        if faults:
            raise InvalidInput(*faults)
        values = (
            np.column_stack([_numbers(column) for _, column in given.items()])
            if given.size
            else np.empty((len(given), 0))
        )
        names: Sequence[Any] = list(given.columns)
    else:
        if hasattr(given, "toarray"):
            raise InvalidInput("X: is a sparse matrix; must be dense: X.toarray()")
        values = _array(given)
        names = range(values.shape[1])
    faults = list(_value_faults(values, names))
    if faults:
        raise InvalidInput(*faults)
    return Points(given, values)


def _array(given: Any) -> NDArray[np.float64]:
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise InvalidInput(f"X: is no array ({error})") from error
    if array.dtype.kind not in "biuf":
        raise InvalidInput(f"X: has the type {array.dtype}; must be an array of numbers or a DataFrame")
    if array.ndim not in (2, 4):
        allowed = "(points, columns), or (points, channels, height, width) of images"
        raise InvalidInput(f"X: has the shape {array.shape}; must be {allowed}")
    return array.astype(np.float64)


def _name_faults(names: pd.Index) -> Iterator[str]:
    if isinstance(names, pd.MultiIndex):
        yield f"X: its columns have {names.nlevels} levels; must have one"
        return
    unnamed = [place for place, name in enumerate(names) if pd.isna(name) or not str(name).strip()]
    if unnamed:
        yield f"X: column {unnamed[0]} (counted from 0) has no name; name it"
    repeated = [name for name, count in Counter(names).items() if count > 1 and not pd.isna(name)]
    if repeated:
        yield f"X: more than one column is called {repeated[0]!r}; rename or drop one"


def _type_faults(frame: pd.DataFrame) -> Iterator[str]:
    for name, column in frame.items():
        kind = column.dtype
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
            yield f"X: column {name!r} has the type {kind}; must be numbers: encode it, or drop it"


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _value_faults(values: NDArray[np.float64], names: Sequence[Any]) -> Iterator[str]:
    if not len(values):
        yield "X: has no rows"
    elif not values.size:
        yield "X: has no columns"
    wrong = ~(np.abs(values) <= LARGEST)
    if wrong.any():
        row, column, *_ = np.argwhere(wrong)[0]
        first = values[wrong][0]
        what = "missing value (NaN); fill it, or drop the row" if np.isnan(first) else f"{first} is no 32-bit number"
        place = f"row {row}, column {names[column]!r}" if values.ndim == 2 else f"image {row}"
        more = f" ({int(wrong.sum())} such values)" if wrong.sum() > 1 else ""
        yield f"X: {place}: {what}{more}"
    elif values.ndim == 4 and values.size and not (values.min() >= 0 and values.max() <= 1):
        yield f"X: image values from {values.min():g} to {values.max():g}; must be in [0, 1]"


def _as_type(values: NDArray[np.float64], kind: Any) -> NDArray[Any]:
    """Values of a generator in the type of a column; `kind` is a dtype of numpy, or one of pandas' own."""
    kind = np.dtype(getattr(kind, "numpy_dtype", kind))
    if kind.kind == "b":
        return values >= 0.5
    limits: Any = np.iinfo(kind) if kind.kind in "iu" else np.finfo(kind)
    # The largest float64 that the type can hold: 2^63 - 1 is none.
    largest = float(limits.max)
    largest = largest if int(largest) <= int(limits.max) else float(np.nextafter(largest, 0))
    rounded = np.rint(values) if kind.kind in "iu" else values
    return np.clip(rounded, float(limits.min), largest).astype(kind)


def _index_of_more(index: pd.Index, n: int) -> pd.Index | None:
    """The index of the rows that follow; None where there is no going on."""
    name = index.name
    if isinstance(index, pd.MultiIndex):
        return None
    if pd.api.types.is_integer_dtype(index.dtype):
        first = int(index.max()) + 1
        return pd.RangeIndex(first, first + n, name=name)
    if all(isinstance(label, str) for label in index):
        return pd.Index([f"synthetic {number}" for number in range(n)], name=name, dtype=index.dtype)
    return None
