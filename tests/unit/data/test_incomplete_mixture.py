"""EM on points with missing values: against closed forms, against scikit-learn, and on a simulated truth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the class importable)
from sklearn.impute import IterativeImputer
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.data.filling import MixtureImputer
from synthmix.data.incomplete_mixture import IncompleteMixture, fit_by_bic, fit_incomplete
from synthmix.data.sources.pendigits import load_pendigits

PRECISE = {"regularization": 0.0, "tolerance": 1e-12, "max_iterations": 2000}


def correlated(n: int, seed: int = 0) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.multivariate_normal([1.0, -2.0], [[2.0, 1.2], [1.2, 1.5]], n))


def test_without_a_gap_one_component_is_mean_and_covariance() -> None:
    x = correlated(200)
    fitted = fit_incomplete(x, 1, seed=0, regularization=0.0)
    assert torch.allclose(fitted.means[0], x.mean(0))
    assert torch.allclose(fitted.covariances[0], torch.from_numpy(np.cov(x.numpy().T, bias=True)))
    assert torch.equal(fitted.conditional_mean(x), x)


def test_of_two_columns_with_gaps_in_one_it_is_the_closed_form() -> None:
    """Anderson 1957: the factored likelihood; the regression on the first column where both are there."""
    x = correlated(300)
    gone = x[:, 0] > 1.4  # at random: by a value that is there
    x[gone, 1] = math.nan
    a, pairs = x[:, 0].numpy(), x[~gone].numpy()
    both = np.cov(pairs.T, bias=True)
    slope = both[0, 1] / both[0, 0]
    mean = pairs[:, 1].mean() + slope * (a.mean() - pairs[:, 0].mean())
    residual = both[1, 1] - slope**2 * both[0, 0]
    covariance = [[a.var(), slope * a.var()], [slope * a.var(), residual + slope**2 * a.var()]]
    fitted = fit_incomplete(x, 1, seed=0, **PRECISE)  # type: ignore[arg-type]
    assert fitted.means[0].numpy() == pytest.approx(np.array([a.mean(), mean]), abs=1e-5)
    assert fitted.covariances[0].numpy() == pytest.approx(np.array(covariance), abs=1e-4)
    guess = mean + slope * (a[gone.numpy()] - a.mean())
    assert fitted.conditional_mean(x)[gone, 1].numpy() == pytest.approx(guess, abs=1e-4)


def test_it_finds_the_truth_that_complete_rows_alone_miss() -> None:
    x = correlated(20_000)
    gone = torch.rand(len(x), generator=torch.Generator().manual_seed(0)) < torch.sigmoid(3 * (x[:, 0] - 1))
    x[gone, 1] = math.nan
    fitted = fit_incomplete(x, 1, seed=0, regularization=0.0, tolerance=1e-9, max_iterations=500)
    assert abs(float(x[~gone, 1].mean()) + 2) > 0.3
    assert float(fitted.means[0, 1]) == pytest.approx(-2, abs=0.04)
    assert fitted.covariances[0].flatten().tolist() == pytest.approx([2.0, 1.2, 1.2, 1.5], abs=0.08)


def test_without_a_gap_it_is_the_mixture_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (80, 3)), rng.normal(4, 2, (120, 3))])
    fitted = fit_incomplete(torch.from_numpy(x), 2, seed=5, regularization=1e-3, tolerance=1e-10, max_iterations=500)
    labels = KMeans(2, n_init=1, random_state=5).fit(x).labels_
    start = np.eye(2)[labels]
    means = (start.T @ x) / start.sum(0)[:, None]
    precisions = [np.linalg.inv(np.cov(x[labels == k].T, bias=True) + 1e-3 * np.eye(3)) for k in range(2)]
    reference = GaussianMixture(
        2,
        reg_covar=1e-3,
        tol=1e-10,
        max_iter=500,
        weights_init=start.mean(0),
        means_init=means,
        precisions_init=precisions,
    ).fit(x)
    assert fitted.weights.numpy() == pytest.approx(reference.weights_, abs=1e-4)
    assert fitted.means.numpy() == pytest.approx(reference.means_, abs=1e-3)
    assert fitted.covariances.numpy() == pytest.approx(reference.covariances_, abs=1e-3)
    assert fitted.log_prob(torch.from_numpy(x)).numpy() == pytest.approx(reference.score_samples(x), abs=1e-3)
    assert fitted.n_parameters == reference._n_parameters()


def test_density_and_conditional_mean_of_each_pattern_are_those_of_the_margins() -> None:
    mixture = IncompleteMixture(
        torch.tensor([0.3, 0.7], dtype=torch.float64),
        torch.tensor([[0.0, 1.0, -1.0], [2.0, 0.0, 1.0]], dtype=torch.float64),
        torch.stack(
            [torch.eye(3, dtype=torch.float64) + 0.5, torch.diag(torch.tensor([1.0, 2.0, 3.0]).double()) + 0.2]
        ),
    )
    x = torch.tensor([[0.5, math.nan, 1.0], [math.nan, math.nan, 0.3], [math.nan] * 3, [1.0, 2.0, 3.0]]).double()
    log_prob, filled = mixture.log_prob(x), mixture.conditional_mean(x)
    for row, value, guess in zip(x.numpy(), log_prob, filled.numpy(), strict=True):
        there = ~np.isnan(row)
        joint, means = [], []
        for weight, mean, cov in zip(
            *(part.numpy() for part in (mixture.weights, mixture.means, mixture.covariances)), strict=True
        ):
            own = mean.copy()
            density = 1.0
            if there.any():
                inner = cov[np.ix_(there, there)]
                density = multivariate_normal(mean[there], inner).pdf(row[there])
                own += cov[:, there] @ np.linalg.solve(inner, row[there] - mean[there])
            joint.append(weight * density)
            means.append(own)
        expected = np.average(means, axis=0, weights=joint)
        assert float(value) == pytest.approx(math.log(sum(joint)))
        assert guess == pytest.approx(np.where(there, row, expected))


def test_each_round_gains_and_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.cat([correlated(80), correlated(80, 1) + 6])
    x[torch.rand(x.shape, generator=torch.Generator().manual_seed(1)) < 0.3] = math.nan
    whole = fit_incomplete(x, 2, seed=0, regularization=1e-9, tolerance=1e-8)
    assert len(whole.curve) > 3
    assert all(after >= before - 1e-7 for before, after in zip(whole.curve, whole.curve[1:], strict=False))
    monkeypatch.setattr("synthmix.data.incomplete_mixture.CHUNK_BYTES", 8 * 2 * 4 * 7)
    parts = fit_incomplete(x, 2, seed=0, regularization=1e-9, tolerance=1e-8)
    assert torch.allclose(whole.means, parts.means)
    assert torch.allclose(whole.covariances, parts.covariances)


def test_bic_finds_how_many_there_are_though_a_fifth_is_missing() -> None:
    x = torch.cat([correlated(100, k) + torch.tensor([8.0 * k, -8.0 * k]) for k in range(3)])
    x = (x - x.mean(0)) / x.std(0)
    holes = torch.rand(x.shape, generator=torch.Generator().manual_seed(1)) < 0.2
    found = fit_by_bic(x.masked_fill(holes, math.nan), seed=0)
    assert len(found.weights) == 3
    assert found.weights.tolist() == pytest.approx([1 / 3] * 3, abs=0.05)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_imputer_is_no_worse_than_scikit_learns_on_pendigits_with_a_fifth_hidden(data_root: Path) -> None:
    x = load_pendigits(str(data_root)).x[:400].double().numpy()
    x = (x - x.mean(0)) / x.std(0)
    holes = np.random.default_rng(0).random(x.shape) < 0.2
    given = np.where(holes, np.nan, x)

    def error(imputer: Any) -> float:
        return float(np.sqrt(((imputer.fit(given).transform(given) - x)[holes] ** 2).mean()))

    assert error(MixtureImputer()) < 0.9 * error(IterativeImputer(random_state=0))
