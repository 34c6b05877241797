"""The correlations of latent normal values, of which only intervals, or the greatest of several, are seen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from synthmix.generators.copula.margins import Margin, Ordered, standardized

TERMS = 100  # of a series in the correlation; what it leaves out is taken to be its next term
GRID = torch.cat([-torch.ones(1), torch.tanh(torch.linspace(-4, 4, 161)), torch.ones(1)]).double()
LEAST_EIGENVALUE = 1e-8
SIMULATED, ROUNDS, DAMPING = 20_000, 20, 0.7
STEADY = 10.0  # most that the mean of x²y² of a pair may be, in that of a normal one: one row of n alone brings n / 3
UNSEEN = 1e-6  # variance of scores: in a direction with less, nothing is known


def latent_correlation(margins: Sequence[Margin], points: Sequence[Tensor], shrinkage: float | None) -> Tensor:
    """The correlations of the latent values of all columns under which the columns correlate as those of train do.

    Between two ordered columns, with Hermite coefficients a and b of their values, a latent correlation ρ shows as
    Pearson's Σ_k a_k b_k ρ^k (Mehler's formula), which is increasing in ρ and is solved for it (Cario & Nelson 1997,
    NORTA): of two of two levels each that is the tetrachoric one. Where Pearson's hangs on few rows, as it does where
    tails are heavy, the correlation of scores is solved for in its place. Scores are what is known of latent values.
    Where levels without an order take part, the linear term of the scores' is the start, from which simulated scores
    are brought to those of train in a few rounds.

    Args:
        margins: of the columns, which have L latent values together.
        points: each column in points of train, (N, W_j).
        shrinkage: share by which correlations of scores go to 0; None for the least expected error of each, the ratio
            of noise, 1 / N, to noise and signal, of which the variance is estimated from all.

    Returns:
        (L, L), positive semidefinite; the latent values of one column have nothing to do with each other. Float64.
    """
    whole = torch.cat([margin.scores(block) for margin, block in zip(margins, points, strict=True)], dim=1)
    blocks = _blocks([margin.n_latents for margin in margins])
    whitening = _Whitening.of(whole, blocks)
    shown = _without_blocks(whitening(whole.T @ whole / len(whole)), blocks)
    share = _noise_share(shown, whitening, len(whole)) if shrinkage is None else torch.full_like(shown, shrinkage)
    shown = shown * (1 - share)
    found = whitening.undone(shown)
    ordered = [number for number, margin in enumerate(margins) if isinstance(margin, Ordered)]
    place = torch.tensor([blocks[number].start for number in ordered], dtype=torch.int64)
    at = (place[:, None], place)
    values = [standardized(points[number][:, 0]) for number in ordered]
    solved = _solved_of_ordered(shown[at], 1 - share[at], values, [margins[number] for number in ordered])
    found[at] = solved
    found = _positive(_without_blocks(found, blocks), blocks)
    return found if len(ordered) == len(margins) else _refined(found, solved, place, shown, margins, blocks, whitening)


class _Whitening:
    """Scores of each column in the directions in which they vary, with variance 1 there.

    Attributes:
        directions: block by block, (L, L): S in S·c·Sᵀ of a covariance c.
        variances: of the scores in these directions, (L,).
    """

    def __init__(self, directions: Tensor, variances: Tensor) -> None:
        self.directions, self.variances = directions, variances
        scale = variances.clamp(min=UNSEEN).rsqrt() * (variances > UNSEEN)
        self.forth = scale[:, None] * directions

    @classmethod
    def of(cls, scores: Tensor, blocks: Sequence[slice]) -> _Whitening:
        """That of scores (N, L)."""
        directions, variances = torch.zeros(scores.shape[1], scores.shape[1]).double(), torch.zeros(scores.shape[1])
        variances = variances.double()
        for block in blocks:
            part = scores[:, block]
            found, vectors = torch.linalg.eigh(part.T @ part / len(part))
            directions[block, block], variances[block] = vectors.T, found.clamp(min=0)
        return cls(directions, variances)

    def __call__(self, covariance: Tensor) -> Tensor:
        """The correlations of whitened scores, of a covariance of scores, (L, L)."""
        return self.forth @ covariance @ self.forth.T

    def undone(self, correlation: Tensor) -> Tensor:
        """The latent correlations that show so, to first order: their share in a score's is its variance."""
        return self.forth.T @ correlation @ self.forth


def _noise_share(shown: Tensor, whitening: _Whitening, n: int) -> Tensor:
    """Of each squared correlation of scores, the share that is noise, (L, L); a Wiener filter's complement.

    A latent correlation of variance τ² shows as one of τ² v_i v_j, and τ² is estimated by least squares.
    """
    visible = torch.outer(whitening.variances, whitening.variances)
    upper = torch.triu((visible > UNSEEN) & (shown != 0), diagonal=1)
    if not upper.any():
        return torch.zeros_like(shown)
    signal = ((shown.square() - 1 / n) * visible)[upper].sum() / visible[upper].square().sum()
    return (1 / n) / (1 / n + signal.clamp(min=1e-12) * visible)


def _solved_of_ordered(shown: Tensor, kept: Tensor, values: Sequence[Tensor], margins: Sequence[Margin]) -> Tensor:
    """The latent correlations of J ordered columns, (J, J).

    Args:
        shown: correlations of their scores, less noise.
        kept: share of a correlation that is no noise.
        values: of each, standardised, (N,).
        margins: of each.
    """
    if not len(shown):
        return shown
    x = torch.stack(list(values), dim=1)
    pearson, fourth = x.T @ x / len(x), x.square().T @ x.square() / len(x)
    by_values = _solved(kept * pearson, _coefficients(margins, of_scores=False))
    by_scores = _solved(shown, _coefficients(margins, of_scores=True))
    found = torch.where(fourth <= STEADY * (1 + 2 * pearson.square()), by_values, by_scores)
    return found.fill_diagonal_(0)


def _coefficients(margins: Sequence[Margin], *, of_scores: bool) -> Tensor:
    ordered = [margin for margin in margins if isinstance(margin, Ordered)]
    return torch.stack([margin.coefficients(TERMS, of_scores=of_scores) for margin in ordered])


def _solved(shown: Tensor, coefficients: Tensor) -> Tensor:
    """The latent correlations that show so, (J, J), of columns with these Hermite coefficients, (J, `TERMS`).

    By a line between grid points.
    """
    rest = (1 - coefficients.square().sum(1)).clamp(min=0).sqrt()
    powers = torch.arange(1, TERMS + 1)
    found, before = torch.zeros_like(shown), torch.full_like(shown, -torch.inf)
    for place, correlation in enumerate(GRID):
        here = (coefficients * correlation**powers) @ coefficients.T
        here += rest[:, None] * rest * correlation.sign() * correlation.abs() ** (TERMS + 1)
        here = torch.maximum(here, before)
        last = place + 1 == len(GRID)
        within = (shown > before) & ((shown <= here) | last)
        way = ((shown - before) / (here - before).clamp(min=1e-12)).clamp(0, 1) if place else torch.zeros_like(shown)
        start = GRID[max(place - 1, 0)]
        found += torch.where(within, start + way * (correlation - start), 0.0)
        before = here
    varies = coefficients[:, 0] > 0  # a column of one value has to do with nothing
    return found * torch.outer(varies, varies)


def _refined(
    found: Tensor,
    solved: Tensor,
    place: Tensor,
    shown: Tensor,
    margins: Sequence[Margin],
    blocks: Sequence[slice],
    whitening: _Whitening,
) -> Tensor:
    """Latent correlations whose simulated scores correlate as `shown`; those of ordered columns are solved already."""
    base = torch.randn(SIMULATED, len(found), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for _ in range(ROUNDS):
        latent = base @ root_of(found).T
        parts = [margin.scores_of(latent[:, block]) for margin, block in zip(margins, blocks, strict=True)]
        simulated = torch.cat(parts, dim=1)
        gap = shown - _without_blocks(whitening(simulated.T @ simulated / SIMULATED), blocks)
        step = whitening.undone(gap)
        found = found + DAMPING * _without_blocks(step, blocks)
        found[place[:, None], place] = solved
        found = _positive(_without_blocks(found, blocks), blocks)
    return found


def root_of(correlation: Tensor) -> Tensor:
    """A matrix A with A·Aᵀ = R."""
    values, vectors = torch.linalg.eigh(correlation)
    root: Tensor = vectors * values.clamp(min=0).sqrt()
    return root


def _blocks(widths: Sequence[int]) -> list[slice]:
    ends = torch.tensor(widths).cumsum(0).tolist()
    return [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]


def _without_blocks(matrix: Tensor, blocks: Sequence[slice]) -> Tensor:
    """The matrix with nothing between the latent values of one column."""
    found = matrix.clone()
    for block in blocks:
        found[block, block] = 0
    return found


def _positive(correlation: Tensor, blocks: Sequence[slice]) -> Tensor:
    """The matrix with the identity in each block of the diagonal and no negative eigenvalue."""
    values, vectors = torch.linalg.eigh(correlation + torch.eye(len(correlation)))
    repaired: Tensor = (vectors * values.clamp(min=LEAST_EIGENVALUE)) @ vectors.T
    scale = torch.zeros_like(repaired)
    for block in blocks:
        of_block, directions = torch.linalg.eigh(repaired[block, block])
        scale[block, block] = (directions * of_block.rsqrt()) @ directions.T
    return scale @ repaired @ scale
