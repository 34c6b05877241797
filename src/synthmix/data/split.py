"""Cuts a dataset by a seed into train, pool, val and test, without a look at the labels."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from synthmix.config.parts import Parts
from synthmix.data.anomalies import arranged, as_anomalies
from synthmix.data.base import Dataset, Splits
from synthmix.data.encoding import Spread, by_place, scaling_of
from synthmix.data.filling import Filling
from synthmix.errors import InvalidInput
from synthmix.seeds import generator_for
from synthmix.spec import AnomalyProtocol

# The reserve must be the same for all seeds, as one classifier trained on it serves them all.
RESERVE_SEED = 0


def split(
    dataset: Dataset,
    *,
    seed: int,
    n_train: int | None,
    n_val: int | None,
    n_test: int | None,
    n_reserve: int,
    anomalies: AnomalyProtocol | None = None,
) -> Splits:
    """The parts that belong to `seed`.

    The reserve is drawn first, by a constant seed. Of the other points a seeded permutation gives test (where
    the dataset has no official one), then val, then train, then pool. So test and val do not depend on
    `n_train`, and a smaller train is the beginning of a larger one. Images keep their range; tables are
    standardised by mean and standard deviation of train, in all parts, and are float32 from there on. Documents
    become points by the latent semantic analysis of train's.

    Args:
        dataset: all points, with the official test set where there is one.
        seed: the seed of the cell.
        n_train: points of train; None takes all that is left.
        n_val: points of val; None takes a fifth.
        n_test: points of test; None takes the official test set, or a fifth where there is none.
        n_reserve: points of the reserve; with 0 there is none.
        anomalies: for anomaly detection, which class is normal and what train is made of; labels are then 0 for a
            normal point and 1 for an anomaly, test and val as they come, train and pool as the protocol says.

    Raises:
        InvalidInput: the dataset has fewer points than asked for, or train's documents too few terms.
    """
    if anomalies is not None:
        dataset = as_anomalies(dataset, anomalies.normal_class)
    sizes = Parts(
        n_points=len(dataset),
        n_official_test=None if dataset.test is None else len(dataset.test),
        n_train=n_train,
        n_val=n_val,
        n_test=n_test,
        n_reserve=n_reserve,
    )
    faults = list(sizes.faults())
    if faults:
        raise InvalidInput(*faults)
    reserved, rest = _permuted(torch.arange(len(dataset)), RESERVE_SEED, "reserve").tensor_split([n_reserve])
    order = _permuted(rest, seed, "split")
    test_index, val_index, learn = order.tensor_split([sizes.held_out, sizes.held_out + sizes.val])
    if anomalies is not None:
        learn = arranged(learn, dataset, anomalies.contamination, at_least=sizes.train)
    train_index, pool_index = learn.tensor_split([sizes.train])
    held_out, val, train, pool = map(dataset.take, (test_index, val_index, train_index, pool_index))
    reserve = dataset.take(reserved) if n_reserve else None
    splits = _scaled(train, pool, val, held_out if dataset.test is None else dataset.test, reserve)
    if anomalies is None:
        return splits
    return replace(splits, like_train=arranged(torch.arange(len(val)), val, anomalies.contamination, at_least=0))


def _permuted(index: Tensor, seed: int, purpose: str) -> Tensor:
    return index[torch.randperm(len(index), generator=generator_for(seed, purpose))]


def _scaled(train: Dataset, pool: Dataset, val: Dataset, test: Dataset, reserve: Dataset | None) -> Splits:
    duplicates = count_shared([val.x, test.x], [train.x, pool.x])
    if train.spec.kind == "image":
        return Splits(train, pool, val, test, reserve, duplicates)
    parts = [train, pool, val, test, *([] if reserve is None else [reserve])]
    if train.documents is not None:
        lsa = train.documents.fitted()
        train, pool, val, test, *reserved = (part.encoded(lsa) for part in parts)
        return Splits(train, pool, val, test, reserved[0] if reserved else None, duplicates)
    gaps = by_place(train.x.isnan(), train.spec.columns) if train.keeps_gaps else None
    if train.impute is not None:
        parts = [*map(Filling.fit(train), parts)]
    if any(column.kind == "categorical" or column.width > 1 for column in train.spec.columns):
        parts = [*map(Spread.fit(parts[0]), parts)]
    scaling = scaling_of(parts[0])
    train, pool, val, test, *reserved = (part.scaled(scaling) for part in parts)
    return Splits(train, pool, val, test, reserved[0] if reserved else None, duplicates, scaling, gaps=gaps)


def count_shared(held_out: list[Tensor], learnt: list[Tensor]) -> int:
    """How many of the held-out points occur, value for value, among the points to learn from."""
    seen = {digest for x in learnt for digest in _row_digests(x)}
    return sum(digest in seen for x in held_out for digest in _row_digests(x))


def _row_digests(x: Tensor) -> list[bytes]:
    # Adding 0 turns -0.0 into 0.0: equal numbers, other bytes.
    rows = np.ascontiguousarray(x.flatten(1).numpy() + 0.0)
    return [hashlib.blake2b(row, digest_size=16).digest() for row in rows]
