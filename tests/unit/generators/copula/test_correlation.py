"""Latent correlations are those that the intervals come from."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from synthmix.generators.copula.correlation import latent_correlation
from synthmix.generators.copula.margins import margin_of, normal_scores
from synthmix.spec import Column, ColumnKind


def of_columns(columns: list[Tensor], shrinkage: float | None, kind: ColumnKind = "numeric") -> Tensor:
    """The latent correlations of columns (N,) of numbers, or (N, K) of levels without an order."""
    blocks = [column.double() if column.ndim == 2 else column.double()[:, None] for column in columns]
    kinds = ["categorical" if column.ndim == 2 else kind for column in columns]
    margins = [margin_of(Column("c", kind), block) for kind, block in zip(kinds, blocks, strict=True)]
    return latent_correlation(margins, blocks, shrinkage)


def median_split(correlation: float, n: int = 100_000) -> list[Tensor]:
    """Two columns of two equal levels in the shares that a normal pair has (Sheppard 1899)."""
    both = 0.25 + math.asin(correlation) / (2 * math.pi)
    counts = [round(both * n), round((0.5 - both) * n), round((0.5 - both) * n), round(both * n)]
    cells = torch.repeat_interleave(torch.arange(4), torch.tensor(counts))
    return [cells // 2, cells % 2]


@pytest.mark.parametrize("correlation", [-0.95, -0.4, 0.0, 0.2, 0.7, 0.9])
def test_of_two_medians_it_is_the_tetrachoric_one(correlation: float) -> None:
    found = of_columns(median_split(correlation), 0.0)
    assert float(found[0, 1]) == pytest.approx(correlation, abs=0.01)


def test_what_was_cut_into_levels_is_found_again() -> None:
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(5, 5))
    covariance = factor @ factor.T + 2 * np.eye(5)
    truth = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    normal = rng.multivariate_normal(np.zeros(5), truth, size=20_000)
    cuts: list[Callable[[np.ndarray], np.ndarray]] = [
        np.exp,
        lambda z: z > 1,
        lambda z: np.digitize(z, [-1, 0.2, 0.8]),
        lambda z: np.where(z < 0.7, 0, z),  # most are 0
        np.round,
    ]
    columns = [torch.from_numpy(np.asarray(cut(z), dtype=float)) for cut, z in zip(cuts, normal.T, strict=True)]
    np.testing.assert_allclose(of_columns(columns, 0.0), truth, atol=0.04)


def test_scores_are_normal_means_of_intervals() -> None:
    # Of two equal halves E[z | z > 0] = √(2/π); in steps of a point each they are all but quantiles.
    halves = normal_scores(torch.tensor([0, 0, 1, 1]))
    assert halves.tolist() == pytest.approx([-math.sqrt(2 / math.pi)] * 2 + [math.sqrt(2 / math.pi)] * 2)
    single = normal_scores(torch.arange(1001))
    assert float(single[500]) == pytest.approx(0, abs=1e-9)
    assert float(single.square().mean()) == pytest.approx(1, abs=0.01)


def test_values_correlate_as_train_s_where_nothing_is_normal_behind_them() -> None:
    """Two that go together in their upper half alone: scores tell less of it than values do."""
    rng = np.random.default_rng(0)
    one, noise = rng.exponential(size=(2, 20_000))
    two = np.where(one > 1, one, noise.clip(max=1))
    columns = [torch.from_numpy(np.round(column, 1)) for column in (one, two)]
    normal = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = normal @ torch.linalg.cholesky(of_columns(columns, 0.0)).T
    margins = [margin_of(Column("c", "ordinal"), column[:, None]) for column in columns]
    made = torch.stack([margin.values(latent[:, None])[:, 0] for margin, latent in zip(margins, drawn.T, strict=True)])
    assert float(torch.corrcoef(made)[0, 1]) == pytest.approx(np.corrcoef(*columns)[0, 1], abs=0.01)


def test_a_row_that_is_far_out_does_not_make_a_correlation() -> None:
    x = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    x[0] = 1000.0
    assert float(torch.corrcoef(x.T)[0, 1]) > 0.99
    assert float(of_columns(list(x.T), 0.0)[0, 1]) == pytest.approx(0, abs=0.15)


def test_a_column_of_one_value_has_to_do_with_nothing() -> None:
    found = of_columns([torch.zeros(50, dtype=torch.int64), torch.arange(50)], None)
    np.testing.assert_allclose(found, np.eye(2), atol=1e-7)


def test_shrinkage_takes_noise_and_leaves_what_there_is() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = [torch.rand(40, generator=generator).argsort() for _ in range(30)]
    free, shrunk = (of_columns(noise, shrinkage) - torch.eye(30) for shrinkage in (0.0, None))
    assert float(shrunk.abs().mean()) < 0.3 * float(free.abs().mean())
    line = torch.arange(500)
    assert float(of_columns([line, line], None)[0, 1]) > 0.99


def test_columns_beyond_the_points_still_give_a_distribution() -> None:
    generator = torch.Generator().manual_seed(0)
    few = [torch.rand(8, generator=generator).argsort() for _ in range(20)]
    found = of_columns(few, 0.0)
    assert float(torch.linalg.eigvalsh(found).min()) > -1e-9
    np.testing.assert_allclose(found.diagonal(), np.ones(20))


def test_utilities_of_levels_without_an_order_are_found_again() -> None:
    # Two columns of four levels, the greatest of four utilities each, of which one pair and a number go together.
    truth = np.eye(9)
    truth[0, 4] = truth[4, 0] = 0.6
    truth[1, 8], truth[5, 8] = 0.5, -0.3
    truth[8, 1], truth[8, 5] = 0.5, -0.3
    normal = torch.from_numpy(np.random.default_rng(0).multivariate_normal(np.zeros(9), truth, size=40_000))
    offsets = torch.tensor([0.0, 0.4, -0.6, 0.2])
    one, other = (
        torch.nn.functional.one_hot((part + offsets).argmax(1), 4) for part in (normal[:, :4], normal[:, 4:8])
    )
    found = of_columns([one, other, normal[:, 8]], 0.0).numpy()
    # What all utilities of a column have in common is never seen.
    seen = np.eye(9)
    seen[:4, :4] -= 0.25
    seen[4:8, 4:8] -= 0.25
    wanted = seen @ (truth - np.eye(9)) @ seen
    np.testing.assert_allclose(found - np.eye(9), wanted, atol=0.05)
    np.testing.assert_allclose(found[:4, :4], np.eye(4), atol=1e-6)
