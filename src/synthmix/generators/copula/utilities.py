"""Levels as the greatest of normal utilities: which offsets give them their shares, and what is then known of them."""

from __future__ import annotations

import torch
from torch import Tensor

NODES = torch.linspace(-8, 8, 401, dtype=torch.float64)
WEIGHTS = torch.exp(-0.5 * NODES.square()) / torch.exp(-0.5 * NODES.square()).sum()
ROUNDS, TOLERANCE, DAMPING = 500, 1e-8, 0.7


def offsets_for(share: Tensor) -> Tensor:
    """Offsets b under which level l has the greatest u_l + b_l, u ~ N(0, I), with probability `share` of l: (W,).

    Of a level without a share it is -inf. A step moves each by the difference of the normal quantiles of what is and of
    what ought to be, until both agree.
    """
    there = share > 0
    wanted = torch.special.ndtri(share[there].clamp(max=1 - 1e-12))
    found = torch.zeros_like(wanted)
    for _ in range(ROUNDS if len(found) > 1 else 0):
        step = wanted - torch.special.ndtri(_taken(found)[0].sum(0).clamp(1e-300, 1 - 1e-12))
        found = found + DAMPING * step
        if float(step.abs().max()) < TOLERANCE:
            break
    offsets = torch.full_like(share, -torch.inf)
    offsets[there] = found - found.mean()
    return offsets


def mean_utilities(offsets: Tensor) -> Tensor:
    """E[u | level l is taken], a row for each level, (W, W); rows and columns of levels without a share are 0."""
    there = offsets > -torch.inf
    probable, below = _taken(offsets[there])
    share = probable.sum(0)
    # E[u_m; u_m < a] = -φ(a) of any other level's utility, where Φ(a) is among the factors.
    others = torch.exp(-0.5 * below.square() - torch.special.log_ndtr(below)) / (2 * torch.pi) ** 0.5
    means = -(probable[:, :, None] * others).sum(0)
    means[range(len(means)), range(len(means))] = (NODES[:, None] * probable).sum(0)
    found = torch.zeros(len(offsets), len(offsets), dtype=torch.float64)
    found[torch.outer(there, there)] = (means / share[:, None]).flatten()
    return found


def _taken(offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Probability that a level is taken with a utility at each node, (G, K), and what others lie below, (G, K, K)."""
    below = NODES[:, None, None] + offsets[:, None] - offsets
    logs = torch.special.log_ndtr(below)
    own = torch.special.log_ndtr(NODES)[:, None]  # that of a level with itself is no factor
    return WEIGHTS[:, None] * torch.exp(logs.sum(2) - own), below
