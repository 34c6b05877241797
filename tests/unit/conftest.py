"""What tests of several modules stand on: a tracker, and a small study whose numbers are known.

The scores of the study are written down, so that what its analysis must say follows from them by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.result import Failure, StudyResult
from synthmix.role import Role
from synthmix.tasks.clustering.metrics import METRICS
from synthmix.tracking.mlflow.tracker import Tracker

BLOCK = ["clusterer.name", "representation.name", "data.name", "data.n_train"]
KEYS = ["model.name", *BLOCK, "mix.ratio", "seed"]
HOSTILE = "<script>alert(1)</script> & $x_1$"
ROLES: dict[str, Role] = {"duplicate": "placebo", "jitter": "control", "real": "oracle"}
BASE = {"gmm": 0.2, "kmeans": 0.5, "som": 0.4, "dbscan": 0.3, "birch": 0.45}
# Difference to ratio 0 at ratios 1 and 4, the same for every seed but for the deviations below, which sum to 0.
EFFECTS: dict[tuple[str, str], tuple[float, float]] = {
    ("gmm", HOSTILE): (0.1, 0.25),
    ("gmm", "gan"): (-0.01, 0.02),
    ("gmm", "duplicate"): (0.0, 0.01),
    ("gmm", "jitter"): (0.05, 0.1),
    ("gmm", "real"): (0.2, 0.4),
    ("kmeans", HOSTILE): (0.0, 0.01),
    ("kmeans", "gan"): (-0.05, -0.125),
    ("kmeans", "duplicate"): (0.0, 0.0),
    ("kmeans", "jitter"): (0.01, 0.02),
    ("kmeans", "real"): (0.05, 0.1),
}
DEVIATIONS = np.array([-0.02, -0.01, -0.005, 0.0, 0.0, 0.0, 0.005, 0.03])

Effects = Mapping[tuple[str, str], tuple[float, float]]
Make = Callable[..., tuple[StudyResult, Analysis]]


@pytest.fixture(scope="session")
def study() -> tuple[StudyResult, Analysis]:
    return make_study()


@pytest.fixture
def make() -> Make:
    return make_study


def make_study(effects: Effects = EFFECTS, seeds: int = 8, **fields: Any) -> tuple[StudyResult, Analysis]:
    """A study of these effects, and its analysis."""
    cells = pd.DataFrame(_cells(effects, seeds)).sort_values(KEYS, ignore_index=True)
    runs = cells[KEYS].assign(run_id=[f"run{number:029d}" for number in range(len(cells))])
    runs["computed_by"] = runs["run_id"].where(runs["mix.ratio"] > 0, runs["run_id"][0])
    runs["stage/generator"] = ["computed" if seed % 2 else runs["run_id"][0] for seed in runs["seed"]]
    runs["time/generator_s"] = 1.5
    result = StudyResult(
        name="20260101-abc",
        cells=cells,
        curve=_half_of_n(cells),
        runs=runs,
        failures=[Failure("model.name=vae seed=3", "ValueError: <b>no</b>")],
        score="cluster/ari",
        choose_by="silhouette",
        learner="clusterer",
        metrics=METRICS,
        roles={arm: ROLES.get(arm, "generator") for _, arm in effects},
        config="data.name: digits\nthreads: 1\n",
        commands=["synthmix run -m model=gan,vae 'seed=range(8)'"],
        tracking_uri="sqlite:////somewhere/my mlflow.db",
        notes=["2 cells were computed with other code"],
    )
    result = replace(result, **fields)
    return result, analyse(result)


def _half_of_n(cells: pd.DataFrame) -> pd.DataFrame:
    """Real points alone at n = 50, a tenth below those at 100."""
    once = cells[cells["mix.ratio"] == 0].drop_duplicates(["clusterer.name", "seed"])
    noise = 0.2 * DEVIATIONS[once["seed"].to_numpy()]
    return once.assign(**{"data.n_train": 50, "cluster/ari": once["cluster/ari"] - 0.1 + noise}).reset_index(drop=True)


def _block(clusterer: str) -> dict[str, Any]:
    return {"clusterer.name": clusterer, "representation.name": "identity", "data.name": "digits", "data.n_train": 100}


def _cells(effects: Effects, seeds: int) -> list[dict[str, Any]]:
    rows = []
    for number, ((clusterer, arm), (one, four)) in enumerate(effects.items()):
        for seed in range(seeds):
            base = BASE[clusterer] + 0.01 * seed
            for ratio, effect in ((0.0, 0.0), (1.0, one), (4.0, four)):
                noise = np.roll(DEVIATIONS, number)[seed] if ratio else 0.0
                key = {"model.name": arm, **_block(clusterer), "mix.ratio": ratio, "seed": seed, "status": "finished"}
                fd = 0.1 * (number + 1) if ratio else float("nan")
                rows.append(
                    key | {"quality/fd_pca": fd, "cluster/ari": base + effect + noise, "val/silhouette": effect}
                )
    return rows


@pytest.fixture(scope="session")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    """A tracker over a store of its own, which takes a second to make."""
    return Tracker(f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db", "unit")


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Callable[[str], AbstractContextManager[None]]:
    """A block in which a line is logged that a pattern matches, or none where the pattern is empty."""

    @contextmanager
    def block(pattern: str) -> Iterator[None]:
        caplog.clear()
        yield
        lines = [record.getMessage() for record in caplog.records]
        assert any(re.search(pattern, line) for line in lines) if pattern else not lines, lines

    return block
