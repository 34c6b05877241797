"""A folder of colour pictures through a study, from the command to the page, and one cell with its pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

KINDS = {"sky": (90, 140, 220), "grass": (60, 160, 70), "brick": (180, 80, 60)}
DATA = ["data=image_folder", "data.path=pictures", "data.n_train=40", "quality.n_samples=20", "trainer.limit_steps=5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three kinds of colour pictures, which differ in hue and not in brightness, in folders of their own."""
    folder, rng = tmp_path_factory.mktemp("study"), np.random.default_rng(0)
    for kind, colour in KINDS.items():
        (folder / "pictures" / kind).mkdir(parents=True)
        for number in range(40):
            pixels = np.array(colour) + rng.normal(0, 25, 3) + rng.normal(0, 12, (10, 8, 3))
            picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
            picture.save(folder / "pictures" / kind / f"{number}.{('png', 'jpg', 'tif')[number % 3]}")
    return folder


def test_a_study_of_colour_pictures_ends_in_a_report_in_which_hues_are_found(
    folder: Path, command: Callable[..., Any]
) -> None:
    sweep = ["model=conv_vae,duplicate", "mix.ratio=0,1", "seed=0,1", "data.image_size=8", "study.learning_curve=[]"]
    answer = command("run", "-m", *DATA, *sweep, "tracking.study=hues", folder=folder)
    assert answer.code == 0
    report = folder / "multirun" / "hues" / "report"
    cells = pd.read_csv(report / "cells.csv")
    assert len(cells) == 8
    assert (cells["data.name"] == "image_folder").all()
    assert cells["cluster/ari"].min() > 0.5
    as_grey = ["data.image_size=8", "data.channels=1", "mix.ratio=0", "model=duplicate", "tracking=none"]
    grey = command("run", *DATA, *as_grey, folder=folder)
    ari = next(float(line.split()[1]) for line in grey.out.splitlines() if line.split()[:1] == ["ari"])
    assert ari < cells["cluster/ari"].min()
    assert "image_folder" in (report / "index.html").read_text(encoding="utf-8")


def test_a_cell_of_colour_pictures_shows_its_samples_in_colour(folder: Path, command: Callable[..., Any]) -> None:
    assert command("run", *DATA, "data.image_size=16", "model=jitter", folder=folder).code == 0
    sheets = list((folder / "mlartifacts").rglob("synthetic.png"))
    assert sheets
    pixels = np.asarray(Image.open(sheets[0]).convert("RGB")).astype(float)
    assert (np.ptp(pixels, axis=2) > 60).mean() > 0.05
