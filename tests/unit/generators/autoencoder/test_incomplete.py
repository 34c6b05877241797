"""A variational autoencoder that is trained on rows with gaps: samples are whole, and what is missing is guessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from synthmix.api import make_generator
from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.data.base import Dataset, assemble
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.generators.autoencoder.incomplete import IncompleteVae
from synthmix.spec import DataSpec

SMALL = {"hidden": [32], "latent_dim": 2, "steps": 1200, "learning_rate": 3e-3, "mixture_components": 3}


@pytest.fixture(scope="module")
def complete() -> Dataset:
    """Two columns of correlation .9."""
    x = torch.from_numpy(np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 2400))
    dataset = assemble(DataSpec("table", "table", (2,), None, None), x, None)
    return split(dataset, seed=0, n_train=2000, n_val=100, n_test=100, n_reserve=0).train


@pytest.fixture(scope="module")
def holed(complete: Dataset) -> Dataset:
    """By values that stay, the great half of the second column is mostly hidden: medians move and shrink it."""
    gone = torch.zeros(complete.x.shape, dtype=torch.bool)
    gone[:, 1] = torch.rand(2000, generator=torch.Generator().manual_seed(0)) < torch.sigmoid(3 * complete.x[:, 0])
    return replace(complete, x=complete.x.masked_fill(gone, float("nan")))


@pytest.fixture(scope="module")
def fitted(holed: Dataset) -> IncompleteVae:
    generator = make_generator("vae_incomplete", **SMALL)
    assert isinstance(generator, IncompleteVae)
    return generator.fit(holed, seed=0)


def test_samples_are_complete_and_have_the_truth_that_filled_rows_have_lost(
    fitted: IncompleteVae, holed: Dataset
) -> None:
    filled = torch.where(holed.x.isnan(), holed.x[:, 1].nanmedian(), holed.x)
    found = fitted.sample(20_000, seed=0).double()
    lost = make_generator("vae_incomplete", **SMALL).fit(replace(holed, x=filled), seed=0).sample(20_000, seed=0)
    assert found.mean(0).tolist() == pytest.approx([0, 0], abs=0.1)
    assert found.std(0).tolist() == pytest.approx([1, 1], abs=0.15)
    assert torch.corrcoef(found.T)[0, 1] == pytest.approx(0.9, abs=0.05)
    assert float(lost[:, 1].mean()) < -0.3
    assert float(torch.corrcoef(lost.double().T)[0, 1]) < 0.7


def test_what_is_missing_is_guessed_from_what_is_there(
    fitted: IncompleteVae, holed: Dataset, complete: Dataset
) -> None:
    filled, gone = fitted.filled(holed.x), holed.x.isnan()
    assert torch.equal(filled[~gone], holed.x[~gone])
    error = (filled - complete.x)[gone].square().mean().sqrt()
    assert error < 1.1 * (1 - 0.9**2) ** 0.5  # of the conditional mean under the truth, and a tenth more
    of_median = (complete.x[:, 1] - holed.x[:, 1].nanmedian())[gone[:, 1]].square().mean().sqrt()
    assert error < 0.5 * of_median


def test_gaps_have_no_likelihood(holed: Dataset) -> None:
    """Of a row that is nothing but gaps a latent weighs p(z) / q(z)."""
    generator = make_generator("vae_incomplete", **SMALL)
    assert isinstance(generator, IncompleteVae)
    generator.prepare(holed.spec, seed=0)
    noise = torch.zeros(1, 1, 2)
    empty = torch.full((1, 2), float("nan"))
    logs, latents, _ = generator._log_weights(generator.network, empty, noise)
    mean, log_variance = generator.network["encoder"](torch.zeros(1, 4)).chunk(2, dim=1)
    prior, posterior = torch.distributions.Normal(0, 1), torch.distributions.Normal(mean, (log_variance / 2).exp())
    by_hand = prior.log_prob(latents[0]).sum() - posterior.log_prob(latents[0]).sum()
    assert float(logs.detach()) == pytest.approx(float(by_hand.detach()), abs=1e-5)


def test_it_is_read_again_as_it_was_written(fitted: IncompleteVae) -> None:
    again = make_generator("vae_incomplete", **SMALL).load_state(fitted.state() or {})
    assert torch.equal(again.sample(600, seed=3), fitted.sample(600, seed=3))


def test_it_is_given_gaps_in_a_cell_and_needs_a_table() -> None:
    with composer() as compose:
        suits = ["model=vae_incomplete", "clusterer.n_clusters=2"]
        check(compose([*suits, "data=toy", "data.missing=model", "data.hide=.2", "data.n_train=100"]))
        with pytest.raises(InvalidInput, match=r"vae_incomplete: data\.name=digits has no columns; must be a table"):
            check(compose(suits))
