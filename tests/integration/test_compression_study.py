"""A study of a codec, from the command to the page: its scores, the direction of gains, and its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

SWEEP = [
    *("-m", "task=compression", "model=duplicate,real", "mix.ratio=0,2", "seed=0,1", "tracking.study=codec"),
    *("data.n_train=40", "data.n_val=60", "data.n_test=100", "quality.n_samples=20", "study.learning_curve=[]"),
]
SCORES = ("rate_distortion_cost", "psnr", "mse", "bits_per_dimension", "ssim", "held_out_loss")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> tuple[Path, str]:
    """The report's folder, and what the terminal says."""
    folder = tmp_path_factory.mktemp("compression")
    answer = command("run", *SWEEP, folder=folder)
    assert answer.code == 0
    return folder / "multirun" / "codec" / "report", answer.out


def test_more_real_points_cost_less_and_come_back_sharper(told: tuple[Path, str]) -> None:
    cells = pd.read_csv(told[0] / "cells.csv")
    assert {f"compression/{name}" for name in SCORES} <= set(cells)
    assert set(cells["codec.name"]) == {"pca"}
    real = cells[cells["model.name"] == "real"].groupby("mix.ratio").mean(numeric_only=True)
    assert real.loc[2, "compression/rate_distortion_cost"] < real.loc[0, "compression/rate_distortion_cost"]
    assert real.loc[2, "compression/psnr"] > real.loc[0, "compression/psnr"]
    cost = 100 * cells["compression/mse"] + cells["compression/bits_per_dimension"]
    assert cells["compression/rate_distortion_cost"].to_numpy() == pytest.approx(cost.to_numpy())


def test_terminal_page_and_paper_say_unit_and_direction_and_nothing_of_clusters(told: tuple[Path, str]) -> None:
    report, terminal = told
    page = " ".join((report / "index.html").read_text(encoding="utf-8").split())
    assert "rate_distortion_cost (% of squared peak) on held-out real points, the lower the better" in terminal
    assert "Primary score: rate_distortion_cost in % of squared peak (the lower the better)" in page
    assert "Seed s fixes split, generator, synthetic points and codec" in page
    assert r"rate\_distortion\_cost (\% of squared peak)" in (report / "summary.tex").read_text(encoding="utf-8")
    assert "cluster" not in (page + terminal).lower()
