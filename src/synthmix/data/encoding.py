"""Mixed columns as numbers that a learner can measure, by what train has seen, and points as columns again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.data.quantiles import normal_curve
from synthmix.data.scaling import Scaling
from synthmix.spec import Column, DataSpec


@dataclass(frozen=True)
class Spread:
    """Columns as the values of a point: of a category one for each level, of a date in parts its number and these.

    Train's levels come first, then one for all that train has not seen.

    Attributes:
        spec: of the encoded points.
        places: of each categorical column, by its place in the file, where each of the file's levels goes.
    """

    spec: DataSpec
    places: Mapping[int, Tensor]

    @classmethod
    def fit(cls, train: Dataset) -> Self:
        """The levels that train has, (N, D) with no value missing."""
        columns, places = list(train.spec.columns), {}
        for at, column in enumerate(columns):
            if column.kind == "categorical":
                codes = train.x[:, at].long()
                seen = torch.bincount(codes, minlength=column.width) > 0
                n_seen = int(seen.sum())
                order = torch.cat([seen.nonzero()[:, 0], (~seen).nonzero()[:, 0]])
                place = torch.empty_like(order)
                place[order] = torch.arange(column.width)
                places[at] = place.clamp(max=n_seen)
                levels = tuple(column.levels[int(code)] for code in order)
                columns[at] = replace(column, levels=levels, n_seen=n_seen)
        shape = (sum(column.width for column in columns),)
        return cls(replace(train.spec, shape=shape, columns=tuple(columns)), places)

    def __call__(self, part: Dataset) -> Dataset:
        """The points, (N, W), with 0 and 1 where categories were; numbers as they stand."""
        blocks = []
        for at, column in enumerate(self.spec.columns):
            cells = part.x[:, at].double()
            codes = self.places[at][cells.long()] if at in self.places else cells
            blocks.append(spread(column, codes))
        return replace(part, x=torch.cat(blocks, dim=1), spec=self.spec)


def spread(column: Column, cells: Tensor) -> Tensor:
    """The values of a column, (N,), levels as their places, as a point has them before it is scaled: (N, W)."""
    if column.kind == "categorical":
        return torch.nn.functional.one_hot(cells.long(), column.width).double()
    if column.encoding == "parts":
        return torch.cat([cells[:, None], _date_parts(cells)], dim=1)
    return cells[:, None]


def _date_parts(seconds: Tensor) -> Tensor:
    """Month and weekday of dates, (N,), each as a point of a circle: (N, 4)."""
    stamps = seconds.numpy().astype("datetime64[s]")
    months = stamps.astype("datetime64[M]").astype(np.int64) % 12
    weekdays = (stamps.astype("datetime64[D]").astype(np.int64) + 3) % 7  # the first of January 1970 was a Thursday
    turns = np.stack([months / 12, weekdays / 7], axis=1) * 2 * np.pi
    return torch.from_numpy(np.stack([np.sin(turns), np.cos(turns)], axis=2).reshape(len(turns), 4))


def scaling_of(train: Dataset) -> Scaling:
    """Numbers are standardised; two categories, or the two values of a boolean, lie one standard deviation apart.

    The circles of months and weekdays have a radius of 1, so that one has the variance of a number where each of its
    points is as frequent.
    """
    fitted = Scaling.fit(train.x)
    shift, scale, curves = fitted.shift.clone(), fitted.scale.clone(), {}
    for column, place in zip(train.spec.columns, places(train.spec.columns), strict=True):
        if column.kind in ("categorical", "boolean"):
            shift[place] = 0.0
            scale[place] = math.sqrt(2) if column.kind == "categorical" else 1.0
        elif column.encoding == "parts":
            shift[place.start + 1 : place.stop], scale[place.start + 1 : place.stop] = 0.0, 1.0
        elif column.encoding == "quantile":
            curves[str(place.start)] = normal_curve(train.x[:, place.start])
    return replace(fitted, shift=shift, scale=scale, curves=curves)


def decoded(
    points: Tensor, spec: DataSpec, scaling: Scaling | None, *, in_range: bool = False
) -> dict[str, NDArray[Any]]:
    """Encoded points, (N, W), as the columns of the file: in its units, whole where it is, categories as its levels.

    Args:
        points: synthetic or real.
        spec: of the encoded points.
        scaling: that they were scaled by.
        in_range: whether a number or date beyond those of train becomes the nearest of them. Real points that train has
            not seen may well lie beyond.
    """
    values = (points.double() if scaling is None else scaling.undone(points)).numpy()
    columns = spec.columns or tuple(Column(str(number), "numeric") for number in range(values.shape[1]))
    found = {}
    for column, place in zip(columns, places(columns), strict=True):
        limits = None
        if in_range and scaling is not None and scaling.low is not None and scaling.high is not None:
            limits = float(scaling.low[place.start]), float(scaling.high[place.start])
        found[column.name] = _decoded(column, values[:, place], limits)
    return found


def places(columns: Sequence[Column]) -> list[slice]:
    """Where each column stands in an encoded point."""
    ends = np.cumsum([column.width for column in columns]).tolist()
    return [slice(end - column.width, end) for column, end in zip(columns, ends, strict=True)]


def by_place(of_columns: Tensor, columns: Sequence[Column]) -> Tensor:
    """What is said of each column, (…, D), said of each of its places in an encoded point, (…, W)."""
    return of_columns.repeat_interleave(torch.tensor([column.width for column in columns]), dim=-1)


def _decoded(column: Column, values: NDArray[np.float64], limits: tuple[float, float] | None) -> NDArray[Any]:
    levels = np.array(column.levels, dtype=object)
    if column.kind == "categorical":
        return np.asarray(levels[values[:, : column.n_seen].argmax(axis=1)])
    cells = values[:, 0]
    if column.kind in ("boolean", "ordinal"):
        return np.asarray(levels[np.rint(cells).clip(0, len(levels) - 1).astype(int)])
    cells = rounded(column, cells)
    cells = cells if limits is None else cells.clip(*limits)
    if column.kind == "integer":
        return cells.astype(np.int64)
    if column.kind == "date":
        return np.datetime_as_string(cells.astype("datetime64[s]"), unit="D" if column.decimals == 0 else "s")
    return cells


def rounded(column: Column, cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers as precise as the file has them: whole ones, days or seconds, or some decimals."""
    if column.kind == "date" and column.decimals == 0:
        return np.asarray(np.rint(cells / 86400) * 86400)
    if column.kind in ("integer", "date"):
        return np.rint(cells)
    return cells if column.decimals is None else np.round(cells, column.decimals)
