"""Bootstrap ARI: by hand, against draws made here, on groups that are there and on points without any."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.config.plain import plain
from synthmix.errors import InvalidInput
from synthmix.metric import HeldOut, scores_of
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.bootstrap_ari import bootstrap_ari
from synthmix.tasks.clustering.metrics import METRICS
from synthmix.tasks.clustering.task import Clustering

RNG = np.random.default_rng(0)
SPEC = DataSpec("t", "table", (2,), None, 3)
GROUPS = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 40, axis=0)[RNG.permutation(120)] + RNG.normal(size=(120, 2))
UNIFORM = RNG.random(size=(120, 2))


def task_on(
    points: NDArray[Any], bootstraps: int, estimator: Any = None, weight: Any = None, seed: int = 0
) -> Clustering:
    estimator = KMeans(3, n_init=1) if estimator is None else estimator
    return Clustering(estimator=estimator, spec=SPEC, bootstraps=bootstraps).fit(points[:60], weight, seed)


def score_on(points: NDArray[Any], bootstraps: int = 6) -> float:
    task = task_on(points, bootstraps)
    held_out = HeldOut(task.outputs(points[60:]), torch.tensor(points[60:]), None, 0)
    return scores_of(METRICS, held_out)["bootstrap_ari"]


@pytest.mark.parametrize(
    ("clusterings", "agreement"),
    [
        ([[0, 0, 1, 1], [5, 5, 2, 2]], 1.0),  # names of clusters tell nothing
        ([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]], (2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15)),  # pairs, of 15
        ([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1]], (1 - 0.5 - 0.5) / 3),  # two of three pairs are at right angles
        ([[0, 0, 1, 1], [-1, -1, 0, 0]], 0.0 + 1.0),  # noise is one cluster, beside which one other tells it apart
        ([[0, 0, 0, 0], [3, 3, 3, 3]], 0.0),  # one cluster is found whatever the data
        ([[-1, -1, -1, -1], [-1, -1, -1, -1]], 0.0),
        ([[0, 0, 0, 0], [0, 0, 1, 1]], 0.0),
    ],
)
def test_the_mean_over_pairs_of_clusterings(clusterings: list[list[int]], agreement: float) -> None:
    assert bootstrap_ari(np.array(clusterings).T) == pytest.approx(agreement)


def test_groups_that_are_there_are_found_in_every_draw_and_others_are_not() -> None:
    assert score_on(GROUPS) == pytest.approx(1.0)
    assert 0.0 < score_on(UNIFORM) < 0.8


def test_each_clusterer_has_seen_as_many_points_drawn_with_replacement() -> None:
    seen: list[NDArray[Any]] = []

    class Recording(KMeans):
        def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Recording:
            seen.append(np.column_stack([X, np.ones(len(X)) if sample_weight is None else sample_weight]))
            super().fit(X, y, sample_weight)
            return self

    weight = 1.0 + np.arange(60)
    task_on(UNIFORM, 4, Recording(3, n_init=1), weight)
    whole, *draws = seen
    rows = {tuple(row) for row in whole}
    assert len(draws) == 4
    assert all(len(draw) == 60 and {tuple(row) for row in draw} < rows for draw in draws)  # and its own weight each
    assert len({tuple(map(tuple, draw)) for draw in draws}) == 4
    shares = [len({tuple(row) for row in draw}) / 60 for draw in draws]
    assert np.mean(shares) == pytest.approx(1 - np.exp(-1), abs=0.07)


def test_what_is_put_out_is_that_of_the_clusterers_and_the_score_their_mean_agreement() -> None:
    task = task_on(UNIFORM, 3)
    found = task.outputs(UNIFORM[60:])["bootstrap_assignments"]
    assert (found.dtype, found.shape) == (np.int64, (60, 3))
    pairs = [adjusted_rand_score(found[:, one], found[:, other]) for one, other in ((0, 1), (0, 2), (1, 2))]
    assert score_on(UNIFORM, 3) == pytest.approx(np.mean(pairs))
    assert max(pairs) < 1


def test_the_seed_fixes_the_draws_and_more_of_them_begin_with_the_same() -> None:
    one, again, other, longer = (
        task_on(UNIFORM, number, seed=seed).outputs(UNIFORM[60:])["bootstrap_assignments"]
        for number, seed in ((3, 0), (3, 0), (3, 1), (5, 0))
    )
    assert (one == again).all()
    assert (one != other).any()
    assert (one == longer[:, :3]).all()


def test_the_clusterer_itself_is_as_it_is_without_draws_and_by_itself_nothing_is_drawn() -> None:
    plainly, drawn = task_on(UNIFORM, 0).outputs(UNIFORM), task_on(UNIFORM, 4).outputs(UNIFORM)
    assert drawn.keys() - plainly.keys() == {"bootstrap_assignments"}
    assert (plainly["assignments"] == drawn["assignments"]).all()


def test_it_is_left_out_where_a_draw_cannot_be_clustered_or_the_clusterer_is_not_fitted_again() -> None:
    class OnceOnly(KMeans):
        refitted = False

    class Needy(KMeans):
        def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Needy:
            if len(np.unique(X, axis=0)) < 60:
                raise ValueError("too few")
            super().fit(X, y, sample_weight)
            return self

    for estimator in (OnceOnly(3), Needy(3)):
        assert "bootstrap_assignments" not in task_on(UNIFORM, 3, estimator).outputs(UNIFORM)


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["task.bootstraps=1"],
            "task.bootstraps=1: must be 0 or ≥ 2, as what is measured is how far two clusterings agree",
        ),
        (
            ["task.bootstraps=5", "clusterer=idec"],
            "task.bootstraps=5: clusterer.name=idec is not fitted again, as each fit trains a net; must be 0",
        ),
        (["task.bootstraps=-1"], "task.bootstraps=-1: must be ≥ 0"),
        (
            ["study.score=bootstrap_ari"],
            "study.score=bootstrap_ari: task.bootstraps=0; must be another score, or task.bootstraps ≥ 2",
        ),
        (["task.bootstraps=5", "clusterer=spectral", "study.score=bootstrap_ari"], None),
        (["clusterer=idec"], None),
    ],
)
def test_what_does_not_suit_is_told_before_anything_starts(overrides: list[str], line: str | None) -> None:
    with composer() as compose:
        config = plain(compose(["data=digits", *overrides]))
    if line is None:
        check(config)
        return
    with pytest.raises(InvalidInput) as raised:
        check(config)
    assert str(raised.value) == line
