"""The quantiser and the code lengths, against intervals and frequencies worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.tasks.compression.coding import SymbolFrequencies, UniformQuantiser, quantiles

LINE = np.linspace(0, 8, 801)[:, None]


def test_intervals_are_of_equal_width_and_decode_to_their_middle() -> None:
    quantiser = UniformQuantiser.fit(LINE, None, bits=2, clipped_share=0.0)
    symbols = quantiser.encode(np.array([[0.0], [1.99], [2.0], [7.9], [8.0], [-5.0], [99.0]]))
    assert symbols[:, 0].tolist() == [0, 0, 1, 3, 3, 0, 3]
    assert quantiser.decode(symbols)[:, 0].tolist() == [1, 1, 3, 7, 7, 1, 7]


@pytest.mark.parametrize("bits", [1, 5, 16])
def test_inside_the_range_no_error_is_above_half_a_step(bits: int) -> None:
    quantiser = UniformQuantiser.fit(LINE, None, bits, clipped_share=0.0)
    error = np.abs(quantiser.decode(quantiser.encode(LINE)) - LINE).max()
    assert error <= 8 / 2**bits / 2 + 1e-12


def test_outliers_of_the_mixture_do_not_stretch_the_range() -> None:
    latents = np.append(LINE, [[1e6]], axis=0)
    quantiser = UniformQuantiser.fit(latents, None, bits=3, clipped_share=0.02)
    assert quantiser.low[0] == pytest.approx(0.08)
    assert quantiser.step[0] * 8 == pytest.approx(7.84, abs=0.02)


def test_a_latent_value_that_never_varies_is_one_symbol_and_comes_back() -> None:
    quantiser = UniformQuantiser.fit(np.full((9, 1), 3.0), None, bits=4, clipped_share=0.01)
    symbols = quantiser.encode(np.array([[3.0], [17.0]]))
    assert symbols.tolist() == [[0], [0]]
    assert quantiser.decode(symbols).tolist() == [[3.0], [3.0]]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.73, 1.0])
def test_quantiles_with_weights_are_those_of_repeated_points(share: float) -> None:
    rng = np.random.default_rng(0)
    values, times = rng.normal(size=(40, 3)), rng.integers(0, 4, size=40)
    repeated = np.quantile(np.repeat(values, times, axis=0), share, axis=0, method="inverted_cdf")
    if share > 0:  # a point that counts for nothing may be the least of all
        assert quantiles(values, times, share) == pytest.approx(repeated)
    assert quantiles(values, None, share) == pytest.approx(np.quantile(values, share, axis=0, method="inverted_cdf"))


def test_code_lengths_are_those_of_add_one_smoothing() -> None:
    seen = np.array([[0, 3], [0, 3], [1, 3], [0, 2]], dtype=np.int32)
    frequencies = SymbolFrequencies.fit(seen, None, 4)
    new = np.array([[0, 3], [2, 0]], dtype=np.int32)
    assert frequencies.code_length(new) == pytest.approx([-np.log2(4 / 8) - np.log2(4 / 8), 2 * -np.log2(1 / 8)])
    assert (2**-frequencies.bits).sum(axis=1) == pytest.approx([1, 1])


def test_a_weight_of_two_is_a_point_that_occurs_twice() -> None:
    seen = np.array([[0], [1], [1]], dtype=np.int32)
    weighted = SymbolFrequencies.fit(seen[:2], np.array([1.0, 2.0]), 4)
    assert weighted.bits == pytest.approx(SymbolFrequencies.fit(seen, None, 4).bits)


def test_code_lengths_are_attained_by_an_arithmetic_coder() -> None:
    """Interval widths multiply: the message needs −log₂ of the final width, to two bits."""
    rng = np.random.default_rng(1)
    symbols = rng.choice(4, p=[0.6, 0.2, 0.15, 0.05], size=(200, 1)).astype(np.int32)
    frequencies = SymbolFrequencies.fit(symbols, None, 4)
    counts = np.bincount(symbols[:, 0], minlength=4) + 1
    low, width = 0, 1  # of an interval of total^len(message), in integers without rounding
    for symbol in symbols[:, 0]:
        low, width = low * int(counts.sum()) + width * int(counts[:symbol].sum()), width * int(counts[symbol])
    whole = int(counts.sum()) ** len(symbols)
    n_bits = next(k for k in range(2000) if ((-(-(low << k) // whole) + 1) * whole) <= (low + width) << k)
    assert frequencies.code_length(symbols).sum() <= n_bits <= frequencies.code_length(symbols).sum() + 2
