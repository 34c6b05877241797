"""The order of the points in a training."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from synthmix.generators.training.minibatches import MinibatchBlocks, MinibatchOrder


@dataclass
class Progress:
    last_step: int
    steps_done: int = 0


@pytest.mark.parametrize(("n", "batch_size"), [(12, 4), (10, 4), (7, 7), (5, 12), (1, 3)])
def test_every_point_comes_once_a_round(n: int, batch_size: int) -> None:
    rows = MinibatchOrder(n, batch_size, seed=0).rows(0, 4 * n).flatten()
    assert rows.numel() == 4 * n * batch_size
    for one_round in rows.split(n):
        assert sorted(one_round.tolist()) == list(range(n))


def test_rounds_and_seeds_have_orders_of_their_own() -> None:
    first, second = MinibatchOrder(50, 50, seed=0).rows(0, 2)
    assert not torch.equal(first, second)
    assert not torch.equal(first, MinibatchOrder(50, 50, seed=1).rows(0, 1)[0])


@pytest.mark.parametrize("batch_size", [3, 10, 25])
def test_a_minibatch_is_the_same_from_wherever_it_is_read(batch_size: int) -> None:
    order = MinibatchOrder(10, batch_size, seed=0)
    whole = order.rows(0, 20)
    for start, stop in [(0, 1), (7, 9), (13, 20), (19, 20)]:
        assert torch.equal(order.rows(start, stop), whole[start:stop])


@pytest.mark.parametrize("done", [0, 3, 10, 24])
def test_the_blocks_of_all_spans_are_the_order_from_where_the_training_is(done: int) -> None:
    order, progress = MinibatchOrder(10, 4, seed=0), Progress(last_step=25, steps_done=done)
    blocks = []
    while progress.steps_done < 25:
        for block in MinibatchBlocks(progress, order, span=10, ends=[4]):
            blocks.append(block)
            progress.steps_done += len(block)
    assert torch.equal(torch.cat(blocks), order.rows(done, 25))


def test_a_block_ends_where_losses_are_due_and_where_a_span_ends() -> None:
    progress, ends = Progress(last_step=25), []
    while progress.steps_done < 25:
        for block in MinibatchBlocks(progress, MinibatchOrder(10, 4, seed=0), span=10, ends=[4]):
            progress.steps_done += len(block)
            ends.append(progress.steps_done)
    assert ends == [4, 8, 10, 12, 16, 20, 24, 25]


def test_nothing_is_left_of_a_training_that_is_done() -> None:
    assert list(MinibatchBlocks(Progress(25, steps_done=25), MinibatchOrder(10, 4, seed=0), span=10, ends=[4])) == []


def test_a_block_ends_at_every_number_that_is_due() -> None:
    progress, ends = Progress(last_step=20), []
    for block in MinibatchBlocks(progress, MinibatchOrder(10, 4, seed=0), span=20, ends=[8, 6]):
        progress.steps_done += len(block)
        ends.append(progress.steps_done)
    assert ends == [6, 8, 12, 16, 18, 20]
