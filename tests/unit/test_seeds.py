"""Streams that belong to a seed and a purpose, and to nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from synthmix.seeds import derive_seed, generator_for, isolated_rng


def test_a_derived_seed_is_the_hash_of_seed_and_purpose() -> None:
    # Fixed for ever: a stored stage is found again by numbers that came from it.
    digest = hashlib.sha256(b"3/pool/0").hexdigest()
    assert derive_seed(3, "pool", 0) == int(digest[:16], 16) // 2


def test_derived_seeds_are_in_the_range_that_torch_takes() -> None:
    seeds = [derive_seed(seed, "purpose") for seed in range(500)]
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert len(set(seeds)) == 500


@pytest.mark.parametrize("other", [(1, "pool", 0), (0, "split", 0), (0, "pool", 1), (0, "pool")])
def test_another_seed_or_purpose_is_another_stream(other: tuple[int, ...]) -> None:
    mine, theirs = generator_for(0, "pool", 0), generator_for(*other)
    assert not torch.equal(torch.randn(8, generator=mine), torch.randn(8, generator=theirs))


def test_streams_of_neighbouring_seeds_are_uncorrelated() -> None:
    streams = np.stack([torch.randn(1000, generator=generator_for(seed, "x")).numpy() for seed in range(20)])
    correlations = np.corrcoef(streams)[np.triu_indices(20, k=1)]
    # Each is normal with standard deviation 1/√1000; of 190 the greatest stays under 4.5 of them.
    assert np.abs(correlations).max() < 4.5 / np.sqrt(1000)


def test_a_generator_repeats_its_stream() -> None:
    first, second = (torch.randn(8, generator=generator_for(5, "x")) for _ in range(2))
    assert torch.equal(first, second)


def test_inside_the_block_the_global_stream_is_that_of_the_seed() -> None:
    with isolated_rng(7):
        drawn = torch.randn(8)
    assert torch.equal(drawn, torch.randn(8, generator=torch.Generator().manual_seed(7)))


def test_the_global_state_is_as_before_after_the_block_and_after_an_error_in_it() -> None:
    before = torch.get_rng_state()
    with isolated_rng(7):
        torch.randn(8)
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(ZeroDivisionError), isolated_rng(7):
        _ = torch.randn(8), 1 / 0
    assert torch.equal(torch.get_rng_state(), before)
