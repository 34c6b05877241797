"""What a denoising autoencoder is shown."""

from __future__ import annotations

import pytest
import torch
from scipy import stats
from torch import Tensor

from synthmix.generators.autoencoder.corruption import corrupted


@pytest.fixture
def x() -> Tensor:
    """1,000 points of 50 values, none of them zero."""
    torch.manual_seed(0)
    return 1 + torch.rand(1000, 2, 5, 5)


def test_none_is_the_points_themselves(x: Tensor) -> None:
    state = torch.get_rng_state()
    assert corrupted(x, "none", 0.5) is x
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_each_value_is_masked_by_itself_with_the_probability_of_the_level(x: Tensor, level: float) -> None:
    seen = corrupted(x, "masking", level)
    masked = seen == 0
    assert torch.equal(seen[~masked], x[~masked])
    assert stats.binomtest(int(masked.sum()), masked.numel(), level).pvalue > 1e-4
    # Independent values: the number that is masked varies as a binomial one does, over points and over values.
    for count, n in ((masked.flatten(1).sum(1), 50), (masked.flatten(1).sum(0), 1000)):
        assert float(count.float().var()) == pytest.approx(n * level * (1 - level), rel=0.6)


@pytest.mark.parametrize("level", [0.2, 2.0])
def test_gaussian_noise_is_added_with_the_standard_deviation_of_the_level(x: Tensor, level: float) -> None:
    noise = (corrupted(x, "gaussian", level) - x).flatten()
    assert stats.kstest(noise.double().numpy(), stats.norm(0, level).cdf).pvalue > 1e-4


@pytest.mark.parametrize("corruption", ["masking", "gaussian"])
def test_it_draws_anew_each_time_from_the_global_stream_and_leaves_the_points_alone(x: Tensor, corruption: str) -> None:
    before = x.clone()
    torch.manual_seed(1)
    first, second = (corrupted(x, corruption, 0.4) for _ in range(2))  # type: ignore[arg-type]
    torch.manual_seed(1)
    assert torch.equal(corrupted(x, corruption, 0.4), first)  # type: ignore[arg-type]
    assert not torch.equal(first, second)
    assert torch.equal(x, before)
