"""The pictures that a cell logs: of its samples, and those of its task."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from synthmix.cell import ComputedCell
from synthmix.config.cell import CellConfig
from synthmix.data.columns import Cells, cells_of
from synthmix.generators.base import Generator
from synthmix.pipeline.pictures import points_shown
from synthmix.pipeline.results import held_out_of
from synthmix.plots.choice_curve import choice_curve
from synthmix.plots.margins import margins
from synthmix.plots.samples import real_synthetic_nearest, sample_grid
from synthmix.plots.space import Space
from synthmix.study.latent_space import latent_figures, latent_space
from synthmix.tracking.base import OpenRun

COMPARED_POINTS = 10  # points of the comparison of real, synthetic and nearest


def log_pictures(
    run: OpenRun,
    config: CellConfig,
    cell: ComputedCell,
    number: Mapping[str, Any] | None = None,
    generator: Generator | None = None,
) -> None:
    """Logs everything that there is to see of a cell, how a rule has chosen its number of clusters, and of a latent."""
    drawn = (sample_figures(cell), latent_pictures(config, cell, generator), task_figures(config, cell))
    for name, figure in (*(pair for pairs in drawn for pair in pairs), *number_figures(number)):
        run.log_figure(figure, f"pictures/{name}.png")
    for name, table in task_tables(config, cell):
        run.log_text(table.to_csv(index=False), f"tables/{name}.csv")


def number_figures(number: Mapping[str, Any] | None) -> Iterator[tuple[str, Figure]]:
    """The criterion of the rule over the numbers that it has tried."""
    if number is not None:
        yield f"k_by_{number['rule']}", choice_curve(number["table"], number["chosen"], number["rule"])


def sample_figures(cell: ComputedCell) -> Iterator[tuple[str, Figure]]:
    """The synthetic points of the mixture, and the real ones that are nearest to some of them."""
    train, synthetic = cell.splits.train, cell.mixture.synthetic
    if len(synthetic):
        yield "synthetic", sample_grid(synthetic[: points_shown(train.spec)], train.spec, real=train.x)
        if train.spec.kind == "table":
            yield "margins", margins(*(_cells(cell, part) for part in (train.x, synthetic, cell.splits.val.x)))
        yield "nearest", real_synthetic_nearest(train.x, synthetic[:COMPARED_POINTS], train.spec)


def latent_pictures(
    config: CellConfig, cell: ComputedCell, generator: Generator | None
) -> Iterator[tuple[str, Figure]]:
    """Of images: paths through the latent of the generator, where it has one, and what each axis moves."""
    train = cell.splits.train
    if generator is not None and train.spec.kind == "image":
        space = latent_space(generator, train.x, config.seed)
        if space is not None:
            yield from latent_figures(space, train.spec)


def _cells(cell: ComputedCell, points: Tensor) -> list[Cells]:
    return cells_of(points, cell.splits.train.spec, cell.splits.scaling)


def task_figures(config: CellConfig, cell: ComputedCell) -> Iterator[tuple[str, Figure]]:
    """What the module that the task names draws of its outputs for test."""
    module = _drawing(config)
    if module is not None:
        held_out, synthetic = held_out_of(cell.splits, "test", cell.outputs, config.seed), cell.mixture.synthetic
        yield from module.pictures(cell.task, held_out, synthetic, cell.splits.test.spec, space=space_of(config, cell))


def task_tables(config: CellConfig, cell: ComputedCell) -> Iterator[tuple[str, pd.DataFrame]]:
    """Likewise, the tables that the module has beside its pictures."""
    module = _drawing(config)
    if module is not None and hasattr(module, "tables"):
        held_out = held_out_of(cell.splits, "test", cell.outputs, config.seed)
        yield from module.tables(held_out, space=space_of(config, cell))


def _drawing(config: CellConfig) -> ModuleType | None:
    return None if config.task.drawn_by is None else importlib.import_module(config.task.drawn_by)


def space_of(config: CellConfig, cell: ComputedCell) -> Space:
    """The space in which the task was done."""
    parts = cell.splits.test.x, cell.mixture.synthetic
    real, synthetic = (torch.from_numpy(cell.representation.transform(x)) if len(x) else x.flatten(1) for x in parts)
    test = cell.splits.test
    is_of_columns = test.spec.kind == "table" and test.documents is None
    return Space(config.representation.name, real, synthetic, _cells(cell, test.x) if is_of_columns else ())
