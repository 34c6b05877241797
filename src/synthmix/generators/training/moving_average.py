"""An exponential moving average of a net's weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MovingAverage:
    """Keeps a net's average: θ̄ ← decay·θ̄ + (1 − decay)·θ; buffers, such as batch statistics, are copied.

    Make it once both nets are on their device: the tensors are looked up here, as going through the modules at each
    step takes a small net's training a twentieth longer.

    Args:
        average: a copy of the net, to be updated in place.
        net: whose weights change.
        decay: from 0 to 1.
    """

    def __init__(self, average: nn.Module, net: nn.Module, decay: float) -> None:
        self.decay = decay
        self.averages: list[Tensor] = list(average.parameters())
        self.weights: list[Tensor] = list(net.parameters())
        self.buffers = list(zip(average.buffers(), net.buffers(), strict=True))

    @torch.no_grad()
    def update(self) -> None:
        """Updates the average with the current weights."""
        torch._foreach_lerp_(self.averages, self.weights, 1 - self.decay)
        for mine, theirs in self.buffers:
            mine.copy_(theirs)
