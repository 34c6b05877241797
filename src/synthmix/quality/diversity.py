"""Diversity of a sample: duplicates, modes covered, holes in its support, and the Vendi score."""

from __future__ import annotations

import math

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor
from torch.nn.functional import normalize

from synthmix.quality.features.feature_sets import checked
from synthmix.quality.neighbours import nearest

REGION_SHARE, MIN_REGION_SIZE = 0.02, 10  # of a region: its share of the points of train, and the fewest of them
MIN_EXPECTED = 20  # synthetic points expected in a region
HOLE_SHARE = 0.15  # of the expected points, below which a region is a hole
MAX_REGIONS = 2000  # regions that are tested, one around each point of train
DUPLICATE_DISTANCE = (
    0.1  # below this multiple of the median distance of real nearest neighbours, a point is a duplicate
)
MODE_SHARE = 0.2  # of a mode's share in train, which a sample must reach
MAX_MODES = 50


def duplicate_share(real: Tensor, synthetic: Tensor) -> float:
    """Share of near-duplicates among the synthetic points.

    A near-duplicate's nearest neighbour within its set is at most a tenth as far as the median nearest-neighbour
    distance of the real points. An isotropic real sample in d dimensions has about .7 · .1^d of them.

    Args:
        real: features (N, D), at least 2.
        synthetic: features (M, D), at least 2. The sets should be of one size, as distances shrink with more points.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    real, synthetic = checked(real, least=2, what="real"), checked(synthetic, least=2, what="synthetic")
    typical = nearest(real, real, same=True)[0].median()
    return (nearest(synthetic, synthetic, same=True)[0] <= DUPLICATE_DISTANCE * typical).double().mean().item()


def holes(train: Tensor, synthetic: Tensor) -> float:
    """Share of the points of train whose neighbourhood the sample leaves empty, without labels.

    Each synthetic point is assigned to its nearest point of train. The region of a point of train is this point with
    its nearest neighbours in train: 2 % of train, at least ten points, and as many as are needed for twenty synthetic
    points to be expected there. A region with fewer than 15 % of the expected number is a hole. A blurred sample still
    covers all regions; one that lacks a class leaves holes where that class does not overlap with others.

    Args:
        train: features (N, D), at least 2; the first 2000 are used.
        synthetic: features (M, D), at least 1. With M ≤ 20 or N ≤ 10 a region would be all of train: 0.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    train, synthetic = checked(train, least=2, what="train"), checked(synthetic, least=1, what="synthetic")
    train = train[:MAX_REGIONS]
    share = len(synthetic) / len(train)  # of synthetic points, expected for each point of train
    size = max(MIN_REGION_SIZE, math.ceil(REGION_SHARE * len(train)), math.ceil(MIN_EXPECTED / share))
    if size >= len(train):
        return 0.0
    _, row, times = torch.unique(train, dim=0, return_inverse=True, return_counts=True)
    at_row = torch.bincount(row[nearest(synthetic, train)[1][:, 0]], minlength=len(times)).double()
    counts = (at_row / times)[row]  # equal points share what is nearest to them
    around = nearest(train, train, size - 1, same=True)[1]
    found = counts + counts[around].sum(1)
    return float((found < HOLE_SHARE * share * size).double().mean())


def modes_reached(train: Tensor, synthetic: Tensor, *, seed: int = 0) -> float:
    """Share of the modes of train that a sample covers, without labels.

    The modes are the clusters of a k-means on train, k = √(N/2) rounded, from 2 to 50, and no more than there are
    distinct points. A mode is covered if its share of the synthetic points is at least a fifth of its share of train.

    Args:
        train: features (N, D), at least 2.
        synthetic: features (M, D), at least 1.
        seed: of the k-means.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    train, synthetic = checked(train, least=2, what="train"), checked(synthetic, least=1, what="synthetic")
    k = min(n_modes(len(train)), len(np.unique(train.numpy(), axis=0)))
    modes = KMeans(k, n_init=1, random_state=seed).fit(train.numpy())
    expected, found = (
        np.bincount(labels, minlength=k) / len(labels) for labels in (modes.labels_, modes.predict(synthetic.numpy()))
    )
    return float((found >= MODE_SHARE * expected)[expected > 0].mean())


def n_modes(n: int) -> int:
    """Number of k-means clusters that stand for the modes of n points."""
    return min(max(2, round(math.sqrt(n / 2))), MAX_MODES, n)


def vendi(features: Tensor) -> float:
    r"""Vendi score: the effective number of distinct points (Friedman and Dieng 2023), with the cosine as similarity.

    .. math:: \exp\bigl(-\textstyle\sum_i \lambda_i \log \lambda_i\bigr)

    of the eigenvalues λ of K/N, with K the N×N matrix of similarities. Those above 0 are also the eigenvalues of the
    D×D matrix of mean products, which is why it costs no more memory for more points. From 1, where all points have one
    direction, to D. A point at the origin has no direction and is left out.

    Args:
        features: (N, D), centred, as cosines are about the origin.

    Raises:
        ValueError: all points are at the origin, or values are not finite.

    Example:
        >>> round(vendi(torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]])), 6)
        2.0
    """
    values = checked(features, least=1, what="all")
    values = values[values.abs().amax(1) > 0]
    if len(values) == 0:
        raise ValueError("needs a point that is not at the origin")
    directions = normalize(values)
    spectrum = torch.linalg.eigvalsh(directions.T @ directions / len(directions)).clamp(min=0)
    return float(torch.special.entr(spectrum).sum().exp())
