"""Sample quality of a generator, against held-out real points and against its training points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.quality.columns import column_scores
from synthmix.quality.diversity import duplicate_share, holes, modes_reached, vendi
from synthmix.quality.downstream import tstr
from synthmix.quality.features.extractors import FeatureExtractor, space_of_distances
from synthmix.quality.features.inception import InceptionFeatures, inception_score
from synthmix.quality.frechet import Moments, frechet_infinity
from synthmix.quality.kernels import kid, median_distance, mmd
from synthmix.quality.memorisation import authenticity, closest_records
from synthmix.quality.neighbours import NEIGHBOURS, precision_recall_density_coverage
from synthmix.quality.two_sample import c2st
from synthmix.seeds import derive_seed

BATCH_SIZE = 1000
INCEPTION_BATCH_SIZE = 32  # its images have 299×299 pixels


class _Features(NamedTuple):
    """Of one set, float64, (N, num_features); and Inception's logits."""

    points: Tensor
    logits: Tensor | None


class _Sets(NamedTuple):
    """One extractor's features of the three sets that are compared."""

    val: _Features
    sample: _Features
    floor: _Features


def frechet_distance(
    extractor: FeatureExtractor, real: Tensor, synthetic: Tensor, batch_size: int = BATCH_SIZE
) -> float:
    r"""Fréchet distance between the Gaussians that have the mean and covariance of two sets' features.

    .. math:: \mathrm{FD} = \|\mu_r - \mu_s\|^2 + \mathrm{tr}(\Sigma_r + \Sigma_s - 2 (\Sigma_r \Sigma_s)^{1/2})

    (Dowson and Landau 1982; Heusel et al. 2017 with Inception features.) Small sets bias it upwards:
    compare it with the distance between real sets of the same sizes. It does not depend on the order of points.

    Args:
        extractor: the features, `num_features` of them.
        real: (N, ...), at least 2 points.
        synthetic: (M, ...), at least 2 points; the two sizes may differ.
        batch_size: points that go through the extractor at once.

    Returns:
        The distance, at least 0, in squared units of the features.

    Raises:
        ValueError: a set has fewer than 2 points, or a value is not finite.

    Example:
        >>> from synthmix.spec import DataSpec
        >>> from synthmix.quality.features.extractors import PixelFeatures
        >>> line = torch.linspace(-1, 1, 11)[:, None]
        >>> extractor = PixelFeatures(DataSpec("line", "table", (1,), None, None))
        >>> round(frechet_distance(extractor, line, line + 3), 4)  # equal spread: the squared shift
        9.0
    """
    _refuse_infinite(synthetic)
    of_real, of_synthetic = (Moments.of(extract(extractor, points, batch_size)) for points in (real, synthetic))
    return of_real.distance(of_synthetic)


def quality_scores(
    synthetic: Tensor,
    splits: Splits,
    extractors: Sequence[FeatureExtractor],
    *,
    n_samples: int,
    seed: int = 0,
    supervised: bool = False,
) -> dict[str, float]:
    """Scores of a generator's sample, with those of a real sample of the same size as floors.

    The reference is all of `val`, which the generator was not fitted on. All scores but the Fréchet distances are
    computed on principal components of `val`, or on the raw features where it is too small (`space_of_distances`):
    these spaces use no labels, so that the scores may select models.

    Args:
        synthetic: beginning of the synthetic pool, (N, ...).
        splits: `val` is the reference and `train` what was learnt from. The floors take the first n points of `train`
            followed by `pool` in the place of the synthetic ones; where train is what is compared with, those of `val`.
        extractors: feature spaces of the Fréchet distances, see `make_extractors`.
        n_samples: number of synthetic points to judge, at most.
        seed: of the folds, of k-means and of subsets.
        supervised: whether to train classifiers too. Needs labels of train and val.

    Returns:
        `n`, the number of synthetic points, and of real ones in the floors: the least of `n_samples`, the synthetic
        points, and the points of train and pool (where train is compared with, the points of val if they are fewer).
        Nothing else if this, or the number of points of val, is below 2.
        Then, with a `_floor` beside each but `fd_inf_*`, `dcr_*` and the supervised ones:

        - `fd_<extractor>`; `fd_inf_<extractor>` from a thousand points, and ten a feature, on (`frechet_infinity`),
        - `kid`, `mmd`, `precision`, `recall`, `density`, `coverage` (of the 5th neighbour, or the last where there are
          fewer), `c2st`, `vendi`, `duplicate_share`,
        - `authenticity`, `holes`, `modes_reached`, `dcr_share`, `dcr_ratio` (`closest_records`),
        - of a table those of its columns, `column_scores`,
        - with Inception features `fid`, `fid_inf` and `inception_score`,
        - where supervised `tstr`, `trtr` and `augmentation_gain`.

        Scores that are undefined for few or identical points are left out.

    Raises:
        ValueError: a synthetic value is not finite, or labels are asked for and there are none.
    """
    n = min(n_samples, len(synthetic), len(splits.train) + len(splits.pool))
    scores = {"n": float(n)}
    if min(n, len(splits.val)) < 2:
        return scores
    synthetic, independent = synthetic[:n], torch.cat([splits.train.x[:n], splits.pool.x[:n]])[:n]
    _refuse_infinite(synthetic)
    if supervised and (splits.train.y is None or splits.val.y is None):
        raise ValueError("supervised scores need labels")
    space = space_of_distances(extractors, splits.val)
    for extractor in dict.fromkeys([*extractors, space]):
        sets = _Sets(*(_through(extractor, points) for points in (splits.val.x, synthetic, independent)))
        if extractor in extractors:
            scores |= _distances(extractor, sets, seed)
        if extractor is space:
            scores |= _relations(sets, splits, extract(space, splits.train.x), seed, supervised)
    return scores if splits.val.spec.kind != "table" else scores | column_scores(synthetic, splits, independent)


def reconstruction_error(original: Tensor, reconstructed: Tensor) -> float:
    """Mean squared error per value between points and their reconstructions, both (N, ...); at least 0.

    Example:
        >>> reconstruction_error(torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        0.5
    """
    if original.shape != reconstructed.shape:
        raise ValueError(f"shapes must be equal, got {tuple(original.shape)} and {tuple(reconstructed.shape)}")
    return (original - reconstructed).double().square().mean().item()


def log_likelihood(log_densities: Tensor) -> float | None:
    """Mean held-out log-likelihood of a generator, of log densities (N,), in nats a point.

    Comparable between generators of one data set in one scaling. For grey images the value of a Bernoulli mixture is a
    negative cross-entropy, not a log density, and is comparable among such mixtures alone.

    Returns:
        The mean, or None where it is not finite, as a density is 0.

    Raises:
        ValueError: a value is not a number.
    """
    if log_densities.isnan().any():
        raise ValueError("log densities must be numbers")
    mean = log_densities.double().mean().item()
    return mean if math.isfinite(mean) else None


@torch.no_grad()
def extract(extractor: FeatureExtractor, points: Tensor, batch_size: int = BATCH_SIZE) -> Tensor:
    """Features of points (N, ...), batch by batch: float64, (N, `num_features`)."""
    return torch.cat([extractor(batch) for batch in torch.split(points, batch_size)]).double()


def with_floors(score: Callable[[Tensor], dict[str, float]], sample: Tensor, real: Tensor) -> dict[str, float]:
    """Scores of a sample, and those of a real sample under the same names with the suffix `_floor`."""
    return score(sample) | {f"{name}_floor": value for name, value in score(real).items()}


def _distances(extractor: FeatureExtractor, sets: _Sets, seed: int) -> dict[str, float]:
    """The Fréchet distance, FD∞ and the Inception score."""
    (real, _), (sample, logits), (floor, floor_logits) = sets
    scores, name, ending = {}, "fd", f"_{extractor.name}"
    if logits is not None and floor_logits is not None:
        scores = {"inception_score": inception_score(logits), "inception_score_floor": inception_score(floor_logits)}
        name, ending = "fid", ""
    reference = Moments.of(real)
    scores |= with_floors(lambda points: {f"{name}{ending}": reference.distance(Moments.of(points))}, sample, floor)
    limit = frechet_infinity(reference, sample, seed=derive_seed(seed, "fd"))
    return scores if limit is None else scores | {f"{name}_inf{ending}": limit}


@torch.no_grad()
def _through(extractor: FeatureExtractor, points: Tensor) -> _Features:
    if not isinstance(extractor, InceptionFeatures):
        return _Features(extract(extractor, points), None)
    batches = [extractor.features_and_logits(batch) for batch in torch.split(points, INCEPTION_BATCH_SIZE)]
    return _Features(
        torch.cat([features for features, _ in batches]).double(), torch.cat([logits for _, logits in batches])
    )


def _relations(sets: _Sets, splits: Splits, train: Tensor, seed: int, supervised: bool) -> dict[str, float]:
    """The scores in the space of distances, of features of train too."""
    val, sample, floor = (features for features, _ in sets)
    scores = with_floors(lambda points: _resemblance(val, floor, points, seed), sample, floor)
    if len(train) > 1:
        scores |= with_floors(lambda points: _against_train(train, points, seed), sample, val[: len(sample)])
    scores |= closest_records(train, val, sample)
    if supervised and splits.train.y is not None and splits.val.y is not None:
        scores |= tstr(train, splits.train.y, sample, val, splits.val.y)
    return scores


def _resemblance(val: Tensor, real: Tensor, points: Tensor, seed: int) -> dict[str, float]:
    """Scores of points against the reference; `real` are real points, as many as there are points."""
    k = min(NEIGHBOURS, len(val) - 1, len(points) - 1)
    scores = {
        "kid": kid(val, points),
        **precision_recall_density_coverage(val, points, k=k),
        "c2st": c2st(val, points, seed=derive_seed(seed, "c2st") % 2**32),
        "duplicate_share": duplicate_share(real, points),
    }
    if bandwidth := median_distance(val):
        scores["mmd"] = mmd(val, points, bandwidth=bandwidth)
    if points.any():  # cosines are between directions, and a point in the middle has none
        scores["vendi"] = vendi(points)
    return scores


def _against_train(train: Tensor, points: Tensor, seed: int) -> dict[str, float]:
    return {
        "authenticity": authenticity(train, points),
        "holes": holes(train, points),
        "modes_reached": modes_reached(train, points, seed=derive_seed(seed, "modes") % 2**32),
    }


def _refuse_infinite(synthetic: Tensor) -> None:
    if not synthetic.isfinite().all():
        raise ValueError("synthetic points must be finite numbers")
