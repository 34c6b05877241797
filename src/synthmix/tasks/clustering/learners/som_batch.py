"""The maths of a batch self-organising map on a rectangular grid, in torch.

Nodes are numbered row by row; node i stands at row i // columns and column i % columns.
Source: T. Kohonen, "Essentials of the self-organizing map", Neural Networks 37 (2013) 52-65.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

Neighbourhood = Literal["gaussian", "bubble"]
NEIGHBOURHOODS: tuple[str, ...] = get_args(Neighbourhood)
POINTS_PER_BLOCK = 4096  # bounds the points × nodes matrix, so that it stays in the cache
# A bubble gives the nodes that reach the same points the same mean, but for rounding, which must not decide which of
# them is a point's best matching unit. This share of the points' mean norm is above what rounding leaves between such
# nodes and below any step of a map that shows in its errors.
COINCIDENCE_TOLERANCE = 1e-5


def train(
    x: Tensor,
    weight: Tensor,
    *,
    rows: int,
    columns: int,
    sigmas: Sequence[float],
    neighbourhood: Neighbourhood,
) -> Tensor:
    """One batch update an epoch, from the principal plane of the points.

    Args:
        x: points (N, D) with a weighted mean of zero.
        weight: of each point (N,), ≥ 0.
        rows: of the grid.
        columns: of the grid.
        sigmas: width of the neighbourhood in each epoch, in grid steps.
        neighbourhood: shape of the kernel, see `neighbourhood_kernel`.

    Returns:
        The codebook (rows·columns, D).
    """
    grid = grid_coordinates(rows, columns).to(x.dtype)
    codebook = principal_plane(x, weight, rows, columns)
    weighted = x * weight[:, None]
    within = COINCIDENCE_TOLERANCE * float(x.norm(dim=1) @ weight / weight.sum())
    for sigma in sigmas:
        nodes = best_matching_units(x, codebook)[:, 0]
        sums = torch.zeros_like(codebook).index_add_(0, nodes, weighted)
        hits = weight.new_zeros(len(codebook)).index_add_(0, nodes, weight)
        kernel = neighbourhood_kernel(grid, sigma, neighbourhood)
        codebook = batch_update(codebook, sums, hits, kernel)
        if neighbourhood == "bubble":
            codebook = codebook[first_close_rows(codebook, within)]
    return codebook


def grid_coordinates(rows: int, columns: int) -> Tensor:
    """Row and column of each node: int64 (rows·columns, 2)."""
    return torch.cartesian_prod(torch.arange(rows), torch.arange(columns))


def neighbourhood_kernel(grid: Tensor, sigma: float, neighbourhood: Neighbourhood) -> Tensor:
    """How much a point on node j moves node i, by their distance d on the grid: (nodes, nodes).

    `gaussian`: exp(-d² / 2σ²). `bubble`: 1 where d ≤ σ, else 0.
    """
    squared = (grid[:, None] - grid[None]).square().sum(-1)
    if neighbourhood == "gaussian":
        return torch.exp(squared / (-2 * sigma**2))
    return (squared <= sigma**2).to(grid.dtype)


def batch_update(codebook: Tensor, sums: Tensor, hits: Tensor, kernel: Tensor) -> Tensor:
    """W = (H·S) / (H·n), from each node's sum of points S (nodes, D) and weight n (nodes,).

    A node that no point reaches through the kernel H stays where it was.
    """
    mass = kernel @ hits
    reached = mass > torch.finfo(mass.dtype).tiny
    return torch.where(
        reached[:, None], kernel @ sums / mass.clamp_min(torch.finfo(mass.dtype).tiny)[:, None], codebook
    )


def best_matching_units(x: Tensor, codebook: Tensor, count: int = 1) -> Tensor:
    """The `count` nodes nearest to each point, nearest first, of equal nodes the lowest: int64 (N, count).

    |x - w|² = |x|² - 2 (x·w - |w|²/2), so the nearest node is the one with the largest bracket. Where the
    points lie far from the origin, centre both first: the bracket loses the digits that they share.
    """
    half_norms = codebook.square().sum(1) / -2
    lowest = first_equal_rows(codebook)  # a product of matrices may round equal columns differently
    nearest = []
    for block in torch.split(x, POINTS_PER_BLOCK):
        closeness = torch.addmm(half_norms, block, codebook.T)
        if count == 1:
            nearest.append(lowest[closeness.max(1, keepdim=True).indices])
        else:
            nearest.append(closeness[:, lowest].argsort(dim=1, descending=True, stable=True)[:, :count])
    return torch.cat(nearest)


def first_equal_rows(matrix: Tensor) -> Tensor:
    """For each row the number of the first row that equals it to the last bit: int64 (rows,)."""
    first: dict[bytes, int] = {}  # takes a quarter of the time of torch.unique
    return torch.tensor([first.setdefault(row.tobytes(), number) for number, row in enumerate(matrix.numpy())])


def first_close_rows(matrix: Tensor, within: float) -> Tensor:
    """For each row the number of the first row that is no farther from it than `within`: int64 (rows,)."""
    exact = matrix.double()
    norms = exact.square().sum(1)
    squared = torch.addmm(norms[:, None] + norms, exact, exact.T, alpha=-2).fill_diagonal_(0)
    return (squared <= within**2).to(torch.uint8).argmax(1)


def principal_plane(x: Tensor, weight: Tensor, rows: int, columns: int) -> Tensor:
    """Nodes spread evenly over the plane of the first two principal components: (rows·columns, D).

    The longer side of the grid follows the first component; each side reaches one standard deviation to
    either end. A component's sign makes its largest value positive. Source: `som_lininit` of the SOM Toolbox
    (Vesanto et al., 2000).

    Args:
        x: points (N, D) with a weighted mean of zero.
        weight: of each point (N,).
        rows: of the grid.
        columns: of the grid.
    """
    covariance = (x.T @ (x * weight[:, None]) / weight.sum()).numpy()
    last = len(covariance) - 1
    variances, components = scipy.linalg.eigh(covariance, subset_by_index=[max(last - 1, 0), last])
    largest = components[np.abs(components).argmax(axis=0), np.arange(components.shape[1])]
    noise = variances.max() * len(covariance) * np.finfo(covariance.dtype).eps  # what rounding makes of no variance
    axes = components * np.sign(largest) * np.sqrt(np.where(variances > noise, variances, 0))
    first, second = axes[:, -1], axes[:, 0] if last > 0 else np.zeros_like(axes[:, 0])
    along_rows, along_columns = (first, second) if rows >= columns else (second, first)
    plane = np.linspace(-1, 1, rows)[:, None, None] * along_rows + np.linspace(-1, 1, columns)[:, None] * along_columns
    return torch.from_numpy(plane.reshape(rows * columns, -1).astype(covariance.dtype))
