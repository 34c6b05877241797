"""The correlations of latent normal values, of which only intervals are seen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from synthmix.generators.copula.margins import hermite, normal_scores, thinned

TERMS = 100  # of a series in the correlation; what it leaves out is taken to be its next term
GRID = torch.cat([-torch.ones(1), torch.tanh(torch.linspace(-4, 4, 161)), torch.ones(1)]).double()
LEAST_EIGENVALUE = 1e-8


def latent_correlation(ranks: Sequence[Tensor], shrinkage: float | None) -> Tensor:
    """The correlation matrix of normal values whose intervals are so correlated as the ranks of train are.

    Intervals hide a part of a correlation. Of two columns with scores f and g and Hermite coefficients a and b, a
    latent correlation ρ shows as cov(f, g) = Σ_k a_k b_k ρ^k (Mehler's formula), which is increasing in ρ for
    increasing scores, and is solved for it. Of columns without ties that is the correlation of the normal scores, of
    two columns of two levels each the tetrachoric one.

    Args:
        ranks: of each column, (N,).
        shrinkage: share by which the correlations go to 0; None for the one of least expected error (Schäfer and
            Strimmer 2005), Σ var(r) / Σ r² with var(r) = (1 - r²)² / (N - 1).

    Returns:
        (J, J), positive semidefinite with a diagonal of ones, float64.
    """
    scores = torch.stack([normal_scores(column) for column in ranks])
    deviation = scores.square().mean(1).sqrt().clamp(min=1e-12)
    coefficients = torch.stack([hermite(thinned(column), TERMS) for column in ranks]) / deviation[:, None]
    shown = (scores / deviation[:, None]) @ (scores / deviation[:, None]).T / scores.shape[1]
    found = _solved(shown, coefficients)
    found.fill_diagonal_(0)
    spread = ((1 - found.square()).square().sum() - len(found)) / (scores.shape[1] - 1)
    if shrinkage is None:
        shrinkage = float((spread / found.square().sum().clamp(min=1e-12)).clamp(0, 1))
    return _positive((1 - shrinkage) * found)


def _solved(shown: Tensor, coefficients: Tensor) -> Tensor:
    """The latent correlations under which those of the scores are `shown`, between two points of a grid on a line."""
    rest = (1 - coefficients.square().sum(1)).clamp(min=0).sqrt()
    powers = torch.arange(1, TERMS + 1)
    found = torch.zeros_like(shown)
    before: Tensor | None = None
    for place, correlation in enumerate(GRID):
        here = (coefficients * correlation**powers) @ coefficients.T
        here += rest[:, None] * rest * correlation.sign() * correlation.abs() ** (TERMS + 1)
        if before is None:
            found += torch.where(shown <= here, correlation, 0.0)
        else:
            within = (shown > before) & ((shown <= here) if place + 1 < len(GRID) else torch.ones_like(shown).bool())
            way = ((shown - before) / (here - before).clamp(min=1e-12)).clamp(0, 1)
            found += torch.where(within, GRID[place - 1] + way * (correlation - GRID[place - 1]), 0.0)
        before = here if before is None else torch.maximum(before, here)
    return found


def _positive(correlation: Tensor) -> Tensor:
    """The matrix with a diagonal of ones and no negative eigenvalue."""
    values, vectors = torch.linalg.eigh(correlation.fill_diagonal_(1))
    repaired: Tensor = (vectors * values.clamp(min=LEAST_EIGENVALUE)) @ vectors.T
    scale = repaired.diagonal().sqrt()
    return repaired.div(scale[:, None] * scale)
