"""The Gaussian mixture by gradient: it reaches the likelihood of EM, and its density is a proper one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture

from synthmix.data.base import Dataset, Splits
from synthmix.generators.base import Scoring
from synthmix.generators.mixture.config import GaussianMixtureConfig, GaussianMixtureSgdConfig
from synthmix.generators.mixture.gaussian import GaussianMixtureGenerator
from synthmix.generators.mixture.gaussian_sgd import GaussianMixtureSgd, MixtureParameters, inverse_softplus
from synthmix.generators.options import TrainerOptions

COVARIANCES = pytest.mark.parametrize("covariance", ["diag", "full"])


def sgd(**options: Any) -> GaussianMixtureSgd:
    return GaussianMixtureSgd(
        GaussianMixtureSgdConfig(**({"n_components": 4, "steps": 600, "learning_rate": 3e-2} | options))
    )


@COVARIANCES
def test_it_reaches_the_likelihood_of_em_on_the_same_points(covariance: Any, digits: Splits) -> None:
    em = GaussianMixtureGenerator(
        GaussianMixtureConfig(n_components=[4], covariance=[covariance], n_init=3, tolerance=1e-5)
    )
    em.fit(digits.train, seed=0)
    one = sgd(covariance=covariance).fit(digits.train, seed=0)
    mine, theirs = (float(model.score_samples(digits.train.x).mean()) for model in (one, em))
    assert one.frame.dim == em.fitted.frame.dim
    assert mine == pytest.approx(theirs, abs=1.0)  # nats a point, of about 38 and 43
    untrained = sgd(covariance=covariance, steps=1).fit(digits.train, seed=0)
    assert mine > float(untrained.score_samples(digits.train.x).mean()) + 1.0


@COVARIANCES
def test_its_density_is_that_of_scikit_learn_with_the_same_parameters(covariance: Any, four_modes: Splits) -> None:
    model = sgd(covariance=covariance, steps=50).fit(four_modes.train)
    assert isinstance(model, Scoring)
    density, frame = model.mixture.density, model.frame
    factors = density.factors.diag_embed() if covariance == "diag" else density.factors
    covariances = (frame.scale**2 * factors @ factors.mT).numpy()
    reference = GaussianMixture(4, covariance_type="full")
    reference.weights_, reference.means_ = density.weights.numpy(), (frame.mean + frame.scale * density.means).numpy()
    reference.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(covariances))
    expected = reference.score_samples(four_modes.val.x.double().numpy())
    np.testing.assert_allclose(model.score_samples(four_modes.val.x).numpy(), expected, rtol=1e-6, atol=1e-6)


@COVARIANCES
def test_a_covariance_does_not_collapse_on_a_point(covariance: Any) -> None:
    parameters = MixtureParameters(1, 2, full=covariance == "full", floor=0.1)
    optimizer = torch.optim.Adam(parameters.parameters(), lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        (-parameters(torch.zeros(4, 2)).mean()).backward()
        optimizer.step()
    factor = parameters.factors.detach()
    diagonal = factor[0] if covariance == "diag" else factor[0].diagonal()
    assert float(diagonal.min()) >= 0.1
    assert float(diagonal.max()) < 0.11


@COVARIANCES
def test_it_starts_at_the_clusters_with_their_common_covariance(covariance: Any, four_modes: Splits) -> None:
    x = four_modes.train.x.double()
    parameters = MixtureParameters(4, x.shape[1], full=covariance == "full", floor=1e-3)
    parameters.start(x, seed=0)
    density = parameters.density()
    labels = torch.cdist(x, density.means).argmin(1)
    centres = torch.stack([x[labels == k].mean(0) for k in range(4)])
    torch.testing.assert_close(density.means, centres, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(density.weights, labels.bincount() / len(x), check_dtype=False)
    within = x - centres[labels]
    expected = within.T @ within / len(x)
    factor = density.factors[2]
    found = factor @ factor.T if covariance == "full" else factor.square().diag()
    torch.testing.assert_close(
        found, expected if covariance == "full" else expected.diagonal().diag(), rtol=1e-3, atol=1e-4
    )


def test_softplus_is_inverted() -> None:
    y = torch.tensor([1e-3, 0.5, 3.0, 30.0], dtype=torch.float64)
    torch.testing.assert_close(torch.nn.functional.softplus(inverse_softplus(y)), y)


def test_a_training_that_is_resumed_ends_at_the_same_weights(few_digits: Dataset) -> None:
    whole = sgd(steps=20).fit(few_digits, seed=3)
    options = TrainerOptions(limit_steps=10, checkpoint_every=10)
    sgd(steps=20).fit(few_digits, seed=3, options=options)
    resumed = sgd(steps=20).fit(few_digits, seed=3, options=TrainerOptions(resume_from="checkpoints/last.ckpt"))
    mine, theirs = whole.state_dict(), resumed.state_dict()
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_with_an_average_it_samples_from_that(few_digits: Dataset) -> None:
    model = sgd(steps=30, ema_decay=0.9).fit(few_digits)
    assert isinstance(model.ema, MixtureParameters)
    assert torch.equal(model.mixture.density.means.float(), model.ema.means)
    assert not torch.equal(model.ema.means, model.network.means)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_it_is_trained_to_about_the_same(few_digits: Dataset) -> None:
    on_gpu, on_cpu = (sgd(steps=30).fit(few_digits, options=TrainerOptions(accelerator=d)) for d in ("gpu", "cpu"))
    assert {value.device.type for value in on_gpu.state_dict().values()} == {"cpu"}
    torch.testing.assert_close(on_gpu.network.means, on_cpu.network.means, rtol=0, atol=0.05)
