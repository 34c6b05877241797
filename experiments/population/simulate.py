"""A pipeline that is cheap enough to be run millions of times: k-means on mixtures, real points alone and with more.

One finite set after another is drawn from a known population, and cut by `seeds` seeds as `synthmix.data.split` cuts
it: test, val, train and pool, one after another in a permutation. Each seed fits its learner on train alone, and on
train and as many points of each arm, and scores all fits on test and on val. The learners are k-means, whose local
optima make most of the spread over seeds, and one step of it from the true means, which has no randomness of its own.
Everything is computed for many seeds of many sets at once.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

K, DIMENSION, SPREAD = 5, 6, 1.1
STARTS, STEPS = 2, 8
SHRINKAGE = 0.5
ARMS = ("bootstrap", "shrunken", "gaussian", "real")
SCORES = ("ari", "held_out_loss")
FIFTH = 5


Learner = Literal["k_means", "one_step", "linear"]
TRAIN_SHARES = (0.0, 0.2, 0.5)
_OWN = np.random.default_rng(3)  # the population is one and the same
MEANS = (SPREAD * _OWN.standard_normal((K, DIMENSION))).astype(np.float32)
SCALES = _OWN.uniform(0.7, 1.4, (K, DIMENSION)).astype(np.float32)
SHARES = _OWN.dirichlet(np.full(K, 5.0))


def draw(sets: int, points: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Points (sets, points, DIMENSION) of the mixture, and the component of each (sets, points)."""
    y = rng.choice(K, (sets, points), p=SHARES)
    return MEANS[y] + SCALES[y] * rng.standard_normal((sets, points, DIMENSION), dtype=np.float32), y


def differences(
    learner: Learner, *, sets: int, n_points: int, n_train: int, seeds: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Paired differences of each arm to real points alone, on test and on val.

    Args:
        learner: what is fitted.
        sets: finite sets, each of `n_points` points of the population; a fifth each are test and val.
        n_points: of each set.
        n_train: points of train.
        seeds: of each set.
        rng: for points, splits, arms and starts.

    Returns:
        Two arrays (sets, seeds, scores, arms); the last arm, the oracle, is there where the pool has its points.
    """
    x, y = draw(sets, n_points, rng)
    order = rng.permuted(np.broadcast_to(np.arange(n_points), (sets, seeds, n_points)), axis=2)
    of_set = np.arange(sets)[:, None, None]
    x, y = (part[of_set, order].reshape(sets * seeds, n_points, *part.shape[2:]) for part in (x, y))
    x = np.ascontiguousarray(x.transpose(0, 2, 1))  # (runs, dimension, points): NumPy is quick along the last axis
    fifth = n_points // FIFTH
    held_out = [slice(0, fifth), slice(fifth, 2 * fifth)]
    train, pool = x[:, :, 2 * fifth : 2 * fifth + n_train], x[:, :, 2 * fifth + n_train :]
    start = rng.random((STARTS, len(x), K))

    def scores(points: Array) -> Array:
        centres = _k_means(points, start) if learner == "k_means" else _step(points, MEANS)
        return _scores(centres, x, y, held_out)

    on_real = scores(train)
    found = [scores(np.concatenate([train, more], axis=2)) for more in _arms(train, pool, rng)]
    both = np.stack([with_more - on_real for with_more in found], axis=-1)  # (part, score, runs, arm)
    both = both.reshape(2, len(SCORES), sets, seeds, -1).transpose(0, 2, 3, 1, 4)
    return both[0], both[1]


def linear_differences(
    *, sets: int, n_points: int, n_train: int, seeds: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """The worst case: differences that are a mean over test points plus a mean over train points, and nothing else.

    Returns:
        As `differences`, with one score; the arms are `TRAIN_SHARES`, the share of the variance that train has. The
        truth is 0.
    """
    fifth = n_points // FIFTH
    shares = np.array(TRAIN_SHARES)
    of_train, of_test = rng.standard_normal((2, sets, n_points))
    order = rng.permuted(np.broadcast_to(np.arange(n_points), (sets, seeds, n_points)), axis=2)
    of_set = np.arange(sets)[:, None, None]
    train = of_train[of_set, order[..., 2 * fifth : 2 * fifth + n_train]].mean(axis=2)
    parts = (of_test[of_set, order[..., start : start + fifth]].mean(axis=2) for start in (0, fifth))
    scale = np.sqrt(shares / (1 - shares) * n_train / fifth)
    test, val = (part[..., None, None] + scale * train[..., None, None] for part in parts)
    return test, val


def _arms(train: Array, pool: Array, rng: np.random.Generator) -> list[Array]:
    """As many points as train has, of each arm; of the oracle where the pool has them."""
    runs, _, n = train.shape
    drawn = train[np.arange(runs)[:, None], :, rng.integers(0, n, (runs, n))].transpose(0, 2, 1)
    mean = train.mean(axis=2, keepdims=True)
    centred = train - mean
    noise = rng.standard_normal(train.shape, dtype=np.float32)
    gaussian = mean + np.linalg.cholesky(centred @ centred.transpose(0, 2, 1) / n) @ noise
    arms = [drawn, mean + SHRINKAGE * centred, gaussian]
    return [*arms, pool[:, :, :n]] if pool.shape[2] >= n else arms


def _k_means(x: Array, start: Array) -> Array:
    """Centres (runs, K, DIMENSION) of Lloyd's algorithm, the best of `STARTS` k-means++ starts."""
    best, least = np.zeros((len(x), K, x.shape[1]), np.float32), np.full(len(x), np.inf)
    for uniform in start:
        centres = _seeded(x, uniform)
        for _ in range(STEPS):
            centres = _step(x, centres)
        inertia = _distances(x, centres).min(axis=1).sum(axis=1)
        better = inertia < least
        best[better], least[better] = centres[better], inertia[better]
    return best


def _step(x: Array, centres: Array) -> Array:
    """The means of the points that are nearest to each centre."""
    member = _one_hot(_distances(x, centres).argmin(axis=1))
    size = member.sum(axis=2)[..., None]
    return np.where(size > 0, member @ x.transpose(0, 2, 1) / np.maximum(size, 1), centres)


def _seeded(x: Array, uniform: Array) -> Array:
    runs, n = np.arange(len(x)), x.shape[2]
    centres = x[runs, :, (uniform[:, 0] * n).astype(int)][:, None]
    for number in range(1, K):
        mass = _distances(x, centres).min(axis=1).cumsum(axis=1)
        chosen = (mass < uniform[:, number, None] * mass[:, -1:]).sum(axis=1)
        centres = np.concatenate([centres, x[runs, :, np.minimum(chosen, n - 1)][:, None]], axis=1)
    return centres


def _distances(x: Array, centres: Array) -> Array:
    """Squared, (runs, centres, points)."""
    squares = (x**2).sum(axis=1)[:, None] + (centres**2).sum(axis=-1)[..., None]
    return np.maximum(squares - 2 * (centres @ x), 0)


def _one_hot(labels: NDArray[np.int64]) -> Array:
    return (labels[:, None] == np.arange(K)[:, None]).astype(np.float32)


def _scores(centres: Array, x: Array, y: NDArray[np.int64], parts: list[slice]) -> Array:
    """ARI and mean squared distance to the nearest centre, (parts, scores, runs)."""
    distances = _distances(x[:, :, : parts[-1].stop], centres)
    labels, nearest = distances.argmin(axis=1), distances.min(axis=1)
    return np.stack([np.stack([_ari(labels[:, part], y[:, part]), nearest[:, part].mean(axis=1)]) for part in parts])


def _ari(a: NDArray[np.int64], b: NDArray[np.int64]) -> Array:
    """Adjusted Rand index of each row (Hubert and Arabie 1985)."""
    table = (_one_hot(a) @ _one_hot(b).transpose(0, 2, 1)).astype(float)
    pairs = a.shape[1] * (a.shape[1] - 1) / 2
    both, left, right = (
        (count * (count - 1) / 2).reshape(len(a), -1).sum(axis=1) for count in (table, table.sum(2), table.sum(1))
    )
    expected = left * right / pairs
    return np.asarray((both - expected) / ((left + right) / 2 - expected))
