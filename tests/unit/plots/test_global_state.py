from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pandas as pd
import torch
from matplotlib import pyplot

from synthmix.generators.selection import Candidate, Selection
from synthmix.plots import projection, samples, selection, study
from synthmix.plots.space import Space
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.plots import confusion


def test_pictures_leave_pyplot_and_settings_alone(tmp_path: Path) -> None:
    settings = dict(mpl.rcParams)
    x = torch.rand(9, 1, 4, 4)
    spec = DataSpec("x", "image", (1, 4, 4), (0.0, 1.0), None)
    measured = dict.fromkeys(("mean", "low", "high"), 0.5)
    summary = pd.DataFrame([{"arm": "a", "role": "generator", "mix.ratio": 1.0, "p_adjusted": 1.0, **measured}])
    figures = [
        samples.sample_grid(x, spec),
        samples.real_synthetic_nearest(x, x + 0.1, spec),
        projection.projection(Space("identity", x, x), torch.arange(9) % 2, seed=0),
        confusion.confusion(torch.arange(9) % 3, torch.arange(9) % 2),
        study.ratio_curves({"b": summary}, "s").figure,
        selection.selection_curves(Selection((Candidate(1, "full", 0.0, 0.0, 0.0),), "bic")),
    ]
    for number, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{number}.png")
    assert len(list(tmp_path.glob("*.png"))) == len(figures)
    assert pyplot.get_fignums() == []
    assert dict(mpl.rcParams) == settings
