from __future__ import annotations

import math

import pytest

from synthmix.notation import (
    attainable_p,
    cut_after_model,
    exchange,
    general,
    interval,
    number,
    p_value,
    signed,
    spread,
    with_interval,
    with_short_keys,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (number(0.5741), "0.574"),
        (number(-0.0004), "0.000"),
        (number(NAN), ""),
        (signed(0.0314), "+0.031"),
        (signed(-0.0314), "−0.031"),
        (signed(-0.0004), "0.000"),
        (spread(0.5, 0.25), "0.500 ± 0.250"),
        (spread(0.5, NAN), "0.500"),
        (interval(-0.1, 0.2), "[−0.100, +0.200]"),
        (interval(-0.1, 0.2, 2, plus=False), "[−0.10, 0.20]"),
        (interval(-math.inf, 0.2, 2, plus=False), "[−∞, 0.20]"),
        (interval(NAN, 0.2), ""),
        (with_interval(0.1, 0.0, 0.2), "+0.100 [0.000, +0.200]"),
        (with_interval(0.1, NAN, NAN), "+0.100"),
        (with_interval(NAN, NAN, NAN), ""),
        (p_value(0.0004), "<0.001"),
        (p_value(0.01953), "0.020"),
        (p_value(NAN), ""),
        (attainable_p(1.0, 0.0625, 0.05), "not attainable"),
        (attainable_p(0.031, 0.0078, 0.05), "0.031"),
        (attainable_p(NAN, 0.0625, 0.05), ""),
        (general(0.25), "0.25"),
        (general(4.0), "4"),
        (general(1200), "1200"),
        (general(60000), "60000"),
        (general(0.21111), "0.211"),
        (general(NAN), ""),
    ],
)
def test_numbers_are_written_so(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("status", "value", "low", "high", "expected"),
    [
        ("identified", 0.271, 0.22, 0.391, "0.27 [0.22, 0.39]"),
        ("identified", -0.2, -math.inf, 0.1, "−0.20 [−∞, 0.10]"),
        ("at least", 0.31, 0.31, math.inf, "≥ 0.31"),
        ("at most", -0.2, -math.inf, -0.2, "≤ −0.20"),
        ("not identified", NAN, NAN, NAN, "not identified"),
        ("", NAN, NAN, NAN, ""),
    ],
)
def test_exchange_rates_are_written_with_what_is_known(
    status: str, value: float, low: float, high: float, expected: str
) -> None:
    row = {"exchange": value, "exchange_low": low, "exchange_high": high, "exchange_status": status}
    assert exchange(row) == expected


@pytest.mark.parametrize(
    ("arms", "most", "expected"),
    [
        (["gan", "gan model.steps=1"], 18, ["gan", "gan model.steps=1"]),
        (["gan model.steps=1"], 12, ["gan steps=1"]),
        (["gmm quality.n_samples=10000"], 18, ["gmm samples=10000"]),
        (["gan trainer.steps=1 model.steps=20"], 9, ["gan trainer.steps=1 model.steps=20"]),  # which steps?
        (["gan model.steps=1", "vae trainer.steps=1"], 12, ["gan model.steps=1", "vae trainer.steps=1"]),
        (["vae model.hidden=[128, 256] model.beta=2"], 9, ["vae hidden=[128, 256] beta=2"]),
        (["gan model.n_steps=1", "vae model.max_steps=1"], 9, ["gan n_steps=1", "vae max_steps=1"]),
    ],
)
def test_keys_are_shortened_as_long_as_they_are_told_apart(arms: list[str], most: int, expected: list[str]) -> None:
    assert with_short_keys(arms, most) == expected


@pytest.mark.parametrize(
    ("arm", "most", "expected"),
    [
        ("gan steps=100", 20, "gan steps=100"),
        ("gan hidden=[128, 256, 512]", 20, "gan hidde… 256, 512]"),
        ("gaussian_naive_bayes_mixture", 10, "gaussian_naive_bayes_mixture"),
        ("denoising_autoencoder n_steps=1000", 10, "denoising_autoencoder n_…=1000"),
    ],
)
def test_what_is_cut_stands_after_the_model(arm: str, most: int, expected: str) -> None:
    assert cut_after_model(arm, most) == expected
