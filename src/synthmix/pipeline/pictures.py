"""Which pictures a cell logs, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytorch_lightning as pl
from matplotlib.figure import Figure
from numpy.typing import NDArray
from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback

from synthmix.data.base import Splits
from synthmix.data.spec import DataSpec
from synthmix.mixing import Mixture
from synthmix.plots import som
from synthmix.plots.confusion import confusion
from synthmix.plots.projection import projection
from synthmix.plots.samples import real_synthetic_nearest, sample_grid
from synthmix.representations.base import Representation
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap
from synthmix.tracking.base import OpenRun

GRID_SIZE = 64  # images of a sample grid
SCATTERED = 1000  # points of a table's scatter matrix
SHOWN = 10  # points of the comparison of real, synthetic and nearest


class SampleGrids(Callback):
    """Logs a generator's preview every so many generator steps: the same points, as they become what they will be."""

    def __init__(self, run: OpenRun, every: int, seed: int) -> None:
        self.run, self.every, self.seed = run, every, seed
        self._shown = 0

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        """Looks whether another grid is due."""
        due = pl_module.steps_done // self.every
        if due > self._shown:
            self._shown = due
            pl_module.eval()
            figure = sample_grid(
                pl_module.preview(points_shown(pl_module.spec), self.seed), pl_module.spec, real=pl_module.train_x.cpu()
            )
            pl_module.train()
            self.run.log_figure(figure, f"samples/step_{pl_module.steps_done:06d}.png")


def points_shown(spec: DataSpec) -> int:
    """How many points a picture of a sample shows."""
    return GRID_SIZE if spec.kind == "image" else SCATTERED


def log_pictures(
    run: OpenRun, config: DictConfig, splits: Splits, mixture: Mixture, clusterer: Any, representation: Representation
) -> None:
    """Logs everything that there is to see of a cell."""
    predicted = clusterer.predict(representation.transform(splits.test.x))
    for name, figure in cell_figures(config, splits, mixture, predicted):
        run.log_figure(figure, f"pictures/{name}.png")
    if isinstance(clusterer, SelfOrganizingMap):
        for name, figure in som_figures(config, splits, clusterer, predicted):
            run.log_figure(figure, f"pictures/som_{name}.png")


def cell_figures(
    config: DictConfig, splits: Splits, mixture: Mixture, predicted: NDArray[np.integer]
) -> Iterator[tuple[str, Figure]]:
    """Pictures of any cell, with their names."""
    spec, test = splits.train.spec, splits.test
    if len(mixture.synthetic):
        yield "synthetic", sample_grid(mixture.synthetic[: points_shown(spec)], spec, real=splits.train.x)
        yield "nearest", real_synthetic_nearest(splits.train.x, mixture.synthetic[:SHOWN], spec)
    for method in ("pca", "tsne"):
        yield f"projection_{method}", projection(test.x, mixture.synthetic, predicted, method=method, seed=config.seed)
    if test.y is not None:
        yield "confusion", confusion(test.y, predicted)


def som_figures(
    config: DictConfig, splits: Splits, clusterer: SelfOrganizingMap, predicted: NDArray[np.integer]
) -> Iterator[tuple[str, Figure]]:
    """Pictures of a self-organising map; the codebook as points only where the points are what was clustered."""
    yield "u_matrix", som.u_matrix(clusterer)
    yield "component_planes", som.component_planes(clusterer)
    if config.representation.name == "identity":
        yield "hit_map", som.hit_map(clusterer, splits.test.x.flatten(1).numpy(), predicted)
        yield "grid", som.codebook_grid(clusterer, splits.train.spec)
