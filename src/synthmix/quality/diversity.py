"""How much of the variety of real points a sample has: repeats among its points, modes that it reaches, Vendi score."""

from __future__ import annotations

import math

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor
from torch.nn.functional import normalize

from synthmix.quality.features.feature_sets import checked
from synthmix.quality.neighbours import nearest

REGION, LEAST_REGION = 0.02, 10  # points of train that a region holds: a share of them, and a number
EXPECTED, FILLED = 20, 0.15  # synthetic points that belong in a region, and the share of them that it must have
MAPPED = 2000  # points of train at which holes are looked for
PRACTICALLY = 0.1  # of the typical distance of real points: what lies nearer is the same point
NOT_NEGLIGIBLE = 0.2  # of the share that a mode has in train
LARGEST_N_MODES = 50


def duplicate_share(real: Tensor, synthetic: Tensor) -> float:
    """Share of synthetic points that lie practically on another synthetic one.

    That is: whose nearest other synthetic point is no further than a tenth of the median distance between a real point
    and its nearest other real point. For d dimensions of equal weight a real sample has some .7 · .1^d of them.

    Args:
        real: features (N, D), at least 2.
        synthetic: features (M, D), at least 2. The sets should be of one size, as distances shrink with more points.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    real, synthetic = checked(real, least=2, what="real"), checked(synthetic, least=2, what="synthetic")
    typical = nearest(real, real, same=True)[0].median()
    return (nearest(synthetic, synthetic, same=True)[0] <= PRACTICALLY * typical).double().mean().item()


def holes(train: Tensor, synthetic: Tensor) -> float:
    """Share of the points of train that lie in a hole, without labels.

    Each synthetic point belongs to the point of train that is nearest to it. The region of a point of train is itself
    and those nearest to it: a fiftieth of train, ten points at least, and as many as it takes for twenty synthetic
    points to be expected among them. It is a hole if less than 15 % of what is expected belongs there. A weak sample,
    which lies beside the points of train, fills all regions; one that lacks a class leaves empty what is of this class
    alone, unless other classes lie as near.

    Args:
        train: features (N, D), at least 2; the first two thousand are looked at.
        synthetic: features (M, D), at least 1. With M ≤ 20, or N ≤ 10, one region would be all of train: no hole.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    train, synthetic = checked(train, least=2, what="train"), checked(synthetic, least=1, what="synthetic")
    train = train[:MAPPED]
    share = len(synthetic) / len(train)  # of synthetic points, expected for each point of train
    size = max(LEAST_REGION, math.ceil(REGION * len(train)), math.ceil(EXPECTED / share))
    if size >= len(train):
        return 0.0
    _, row, times = torch.unique(train, dim=0, return_inverse=True, return_counts=True)
    at_row = torch.bincount(row[nearest(synthetic, train)[1][:, 0]], minlength=len(times)).double()
    counts = (at_row / times)[row]  # equal points share what is nearest to them
    around = nearest(train, train, size - 1, same=True)[1]
    found = counts + counts[around].sum(1)
    return float((found < FILLED * share * size).double().mean())


def modes_reached(train: Tensor, synthetic: Tensor, *, seed: int = 0) -> float:
    """Share of the modes of train that a sample reaches, without labels.

    The modes are the clusters of a k-means on train, k = √(N/2) rounded, from 2 to 50, and no more than there are
    distinct points. One is reached if its share of the synthetic points is at least a fifth of its share of train.

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
    return float((found >= NOT_NEGLIGIBLE * expected)[expected > 0].mean())


def n_modes(n: int) -> int:
    """Number of clusters in which the modes of n points are looked for."""
    return min(max(2, round(math.sqrt(n / 2))), LARGEST_N_MODES, n)


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
