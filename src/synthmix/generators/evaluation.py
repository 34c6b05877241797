"""A context manager for evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(net: nn.Module) -> Iterator[nn.Module]:
    """The net in evaluation mode within the block; afterwards in its former mode, as samples are taken in training."""
    training = net.training
    net.eval()
    try:
        yield net
    finally:
        net.train(training)
