"""Gaussian mixtures by EM: the likelihood rises, it is logged, and the density is one of the data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pytorch_lightning.loggers import CSVLogger, Logger
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from synthmix.api import make_generator
from synthmix.data.base import Dataset, Splits
from synthmix.generators.base import Scoring
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.mixture.bernoulli import BernoulliMixtureGenerator
from synthmix.generators.mixture.config import BernoulliMixtureConfig, GaussianMixtureConfig
from synthmix.generators.mixture.gaussian import GaussianMixtureGenerator
from synthmix.generators.options import TrainerOptions


class Entries(Logger):
    """Keeps what is logged."""

    name, version = "entries", "0"

    def __init__(self) -> None:
        super().__init__()
        self.curves: dict[str, list[tuple[int | None, float]]] = {}
        self.status: str | None = None

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        for name, value in metrics.items():
            self.curves.setdefault(name, []).append((step, value))

    def log_hyperparams(self, *args: object, **kwargs: object) -> None: ...

    def finalize(self, status: str) -> None:
        self.status = status


def gaussian(**options: Any) -> GaussianMixtureGenerator:
    return GaussianMixtureGenerator(
        GaussianMixtureConfig(
            **({"n_components": [4], "covariance": ["diag"], "covariance_regularization": 1e-6} | options)
        )
    )


def bernoulli(**options: Any) -> BernoulliMixtureGenerator:
    return BernoulliMixtureGenerator(BernoulliMixtureConfig(**({"n_components": [4], "smoothing": 1e-6} | options)))


FAMILIES = pytest.mark.parametrize("make", [gaussian, bernoulli])


@FAMILIES
def test_the_likelihood_never_falls(make: Callable[..., LearnedGenerator], digits: Splits) -> None:
    logger = Entries()
    make(tolerance=0.0, max_iterations=60).fit(digits.train, logger=logger)
    steps, values = zip(*logger.curves["train/log_likelihood"], strict=True)
    assert list(steps) == list(range(len(steps)))
    assert len(values) > 10
    assert np.diff(values).min() > -1e-9 * abs(values[0])
    assert values[-1] > values[0] + 1e-3
    assert logger.status == "success"


@FAMILIES
def test_the_curve_ends_at_the_likelihood_of_what_is_kept(
    make: Callable[..., LearnedGenerator], digits: Splits
) -> None:
    logger = Entries()
    generator = make().fit(digits.train, logger=logger)
    assert isinstance(generator, Scoring)
    scores = generator.score_samples(digits.train.x)
    assert (scores.shape, scores.dtype) == ((400,), torch.float64)
    assert logger.curves["train/log_likelihood"][-1][1] == pytest.approx(float(scores.mean()), rel=1e-9)


@FAMILIES
@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_iterations_than_the_limit_are_done(
    limit: int, make: Callable[..., LearnedGenerator], few_digits: Dataset
) -> None:
    logger = Entries()
    make(tolerance=0.0).fit(few_digits, options=TrainerOptions(limit_steps=limit), logger=logger)
    assert [step for step, _ in logger.curves["train/log_likelihood"]] == list(range(limit + 1))


@FAMILIES
def test_the_criteria_of_all_candidates_are_logged_by_their_number_of_components(
    make: Callable[..., LearnedGenerator], digits: Splits
) -> None:
    logger = Entries()
    generator = make(n_components=[3, 1, 2]).fit(digits.train, logger=logger)
    assert generator.selection is not None
    shape = generator.selection.candidates[0].shape
    for name in ("aic", "bic", "cv_log_likelihood"):
        curve = logger.curves[f"selection/{name}_{shape}"]
        assert curve == [(c.n_components, getattr(c, name)) for c in generator.selection.candidates]
        assert [step for step, _ in curve] == [1, 2, 3]


@FAMILIES
def test_the_likeliest_of_several_starts_is_kept(make: Callable[..., LearnedGenerator], digits: Splits) -> None:
    def end(n_init: int, seed: int) -> float:
        logger = Entries()
        make(n_components=[5], n_init=n_init, folds=2).fit(digits.train, seed=seed, logger=logger)
        return logger.curves["train/log_likelihood"][-1][1]

    gains = [end(6, seed) - end(1, seed) for seed in range(2)]
    assert min(gains) >= 0
    assert max(gains) > 0.01


@FAMILIES
def test_a_fit_starts_anew(make: Callable[..., LearnedGenerator], digits: Splits, few_digits: Dataset) -> None:
    again, fresh = make(), make()
    again.fit(digits.train, seed=1)
    again.fit(few_digits, seed=0)
    fresh.fit(few_digits, seed=0)
    assert torch.equal(again.sample(100, 0), fresh.sample(100, 0))
    assert again.state_dict().keys() == fresh.state_dict().keys()


def test_one_component_is_the_mean_and_the_covariance_of_train(four_modes: Splits) -> None:
    generator = make_generator("gaussian").fit(four_modes.train, seed=0)
    assert isinstance(generator, GaussianMixtureGenerator)
    points, train = generator.sample(20_000, 0), four_modes.train.x
    spread = train.std(0)
    torch.testing.assert_close(points.mean(0), train.mean(0), rtol=0, atol=0.05 * float(spread.max()))
    torch.testing.assert_close(points.T.cov(), train.T.cov(correction=0), rtol=0.05, atol=0.05)


def test_naive_bayes_is_the_diagonal_mixture_of_scikit_learn_on_the_values_themselves(digits: Splits) -> None:
    generator = make_generator("gaussian_naive_bayes_mixture", n_components=[3], tolerance=1e-6)
    generator.fit(digits.train, seed=0)
    assert isinstance(generator, GaussianMixtureGenerator)
    points = digits.train.x.flatten(1).double().numpy()
    frame, density = generator.fitted.frame, generator.fitted.density
    reference = GaussianMixture(3, covariance_type="diag", reg_covar=1e-3 * points.var(0).mean(), tol=1e-6)
    reference.weights_, reference.means_ = density.weights.numpy(), (density.means * frame.scale + frame.mean).numpy()
    reference.precisions_cholesky_ = 1 / (density.factors * frame.scale).numpy()
    expected = reference.score_samples(points)
    np.testing.assert_allclose(generator.score_samples(digits.train.x).numpy(), expected, rtol=1e-6)
    reference.set_params(warm_start=True, max_iter=1)
    reference.converged_, reference.lower_bound_ = True, -np.inf
    with pytest.warns(ConvergenceWarning):
        reference.fit(points)  # one more iteration of EM from there changes nothing
    np.testing.assert_allclose(reference.score_samples(points).mean(), expected.mean(), rtol=1e-4)


def test_the_four_modes_are_found_and_their_density_is_that_of_the_points(four_modes: Splits) -> None:
    generator = make_generator("gmm", select_by="bic", folds=2).fit(four_modes.train, seed=0)
    assert isinstance(generator, GaussianMixtureGenerator)
    density = four_modes.train.density
    assert density is not None
    assert len(generator.fitted.density.weights) == 4
    truth = density.log_prob(four_modes.test.x).double().mean()
    assert float(generator.score_samples(four_modes.test.x).mean()) == pytest.approx(float(truth), abs=0.1)


def test_any_logger_of_lightning_will_do(few_digits: Dataset) -> None:
    logger = CSVLogger("logs")
    gaussian().fit(few_digits, logger=logger)
    assert "train/log_likelihood" in (Path(logger.log_dir) / "metrics.csv").read_text()


def test_before_a_fit_there_is_no_density(few_digits: Dataset) -> None:
    with pytest.raises(RuntimeError, match="has not been fitted; call fit first"):
        gaussian().score_samples(few_digits.x)
