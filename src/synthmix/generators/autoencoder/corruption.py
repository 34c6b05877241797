"""Input corruption of denoising autoencoders (Vincent et al. 2008, 2010)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Corruption = Literal["none", "masking", "gaussian"]


def corrupted(x: Tensor, corruption: Corruption, level: float) -> Tensor:
    """x̃ of points (N, ...), same shape, by torch's global generator.

    masking: each value by itself becomes 0 with probability `level`, on average the ν = `level` of the article; 0 is
    black in images, and the mean in standardised tables. gaussian: x + `level` · ε with ε ~ N(0, I), not clipped.
    """
    if corruption == "masking":
        return x * torch.empty_like(x).bernoulli_(1 - level)
    return torch.add(x, torch.randn_like(x), alpha=level) if corruption == "gaussian" else x
