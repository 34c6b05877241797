"""Nets in evaluation mode, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(net: nn.Module) -> Iterator[nn.Module]:
    """The net in evaluation mode; afterwards as it was, because one may look at samples between two steps."""
    training = net.training
    net.eval()
    try:
        yield net
    finally:
        net.train(training)
