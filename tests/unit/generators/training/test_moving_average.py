"""The average of a net's weights, against its formula."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

from synthmix.generators.training.moving_average import MovingAverage


def test_weights_are_averaged_and_buffers_copied() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    average = deepcopy(net)
    moving, expected = MovingAverage(average, net, 0.9), [weight.detach().clone() for weight in net.parameters()]
    for _ in range(4):
        with torch.no_grad():
            for weight in net.parameters():
                weight.add_(torch.randn_like(weight))
        net(torch.randn(5, 3))  # batch statistics move on
        moving.update()
        expected = [0.9 * old + 0.1 * new.detach() for old, new in zip(expected, net.parameters(), strict=True)]
    torch.testing.assert_close([weight.detach() for weight in average.parameters()], expected)
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(average.buffers(), net.buffers(), strict=True))
