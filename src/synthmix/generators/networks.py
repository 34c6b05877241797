"""What the nets of several families are made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

UNITS = 8  # of a residual perceptron, for each channel that the convolutions would have


def mlp(sizes: Sequence[int], activation: type[nn.Module], **options: float) -> nn.Sequential:
    """Linear layers of the given sizes with `activation` between them and none after the last."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), activation(**options)]
    return nn.Sequential(*layers[:-1])
