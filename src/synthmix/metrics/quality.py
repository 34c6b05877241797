"""Quality of a generator: distances of synthetic points to real points that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics.image.fid import FrechetInceptionDistance

from synthmix.data.base import Splits
from synthmix.metrics.features import FeatureExtractor


def frechet_distance(extractor: FeatureExtractor, real: Tensor, synthetic: Tensor, batch_size: int = 1000) -> float:
    r"""Fréchet distance between the Gaussians that have the mean and covariance of two sets' features.

    .. math:: \mathrm{FD} = \|\mu_r - \mu_s\|^2 + \mathrm{tr}(\Sigma_r + \Sigma_s - 2 (\Sigma_r \Sigma_s)^{1/2})

    (Dowson and Landau 1982; Heusel et al. 2017 with Inception features.) It is biased upwards by small sets, so that
    it means something only beside the distance of real sets of the same sizes. The order of points makes no difference.

    Args:
        extractor: the features, `num_features` of them.
        real: (N, ...), at least 2 points.
        synthetic: (M, ...), at least 2 points; the two sizes may differ.
        batch_size: points that go through the extractor at once.

    Returns:
        The distance, at least 0, in squared units of the features.

    Raises:
        ValueError: a synthetic value is not finite.

    Example:
        >>> from synthmix.data.spec import DataSpec
        >>> from synthmix.metrics.features import PixelFeatures
        >>> line = torch.linspace(-1, 1, 11)[:, None]
        >>> extractor = PixelFeatures(DataSpec("line", "table", (1,), None, None))
        >>> round(frechet_distance(extractor, line, line + 3), 4)  # equal spread: the squared shift
        9.0
    """
    return _Reference(extractor, real, batch_size).distance(synthetic)


def quality_scores(
    synthetic: Tensor, splits: Splits, extractors: Sequence[FeatureExtractor], *, n_samples: int
) -> dict[str, float]:
    """Scores a generator's sample against `val`, beside what real points score at the same size.

    Args:
        synthetic: beginning of the synthetic pool, (N, ...).
        splits: `val`, all of it, is the reference. The floor takes the first n points of `train` followed by `pool`,
            real points that are independent of it.
        extractors: feature spaces, see `make_extractors`.
        n_samples: number of synthetic points to judge, at most.

    Returns:
        `fd_<extractor>` and `fd_<extractor>_floor` for each extractor, and `n`, the number of synthetic points, and
        of real ones in the floor: the least of `n_samples`, the synthetic points, and the points of train and pool.
    """
    n = min(n_samples, len(synthetic), len(splits.train) + len(splits.pool))
    independent = torch.cat([splits.train.x[:n], splits.pool.x[:n]])
    scores = {"n": float(n)}
    for extractor in extractors:
        reference = _Reference(extractor, splits.val.x)
        scores[f"fd_{extractor.name}"] = reference.distance(synthetic[:n])
        scores[f"fd_{extractor.name}_floor"] = reference.distance(independent[:n])
    return scores


def reconstruction_error(original: Tensor, reconstructed: Tensor) -> float:
    """Mean squared error per value between points and their reconstructions, both (N, ...); at least 0.

    Example:
        >>> reconstruction_error(torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        0.5
    """
    if original.shape != reconstructed.shape:
        raise ValueError(f"shapes must be equal, got {tuple(original.shape)} and {tuple(reconstructed.shape)}")
    return (original - reconstructed).double().square().mean().item()


class _Reference:
    """Real points whose feature statistics are kept while several sets are compared with them."""

    def __init__(self, extractor: FeatureExtractor, real: Tensor, batch_size: int = 1000) -> None:
        self.batch_size = batch_size
        self.metric = FrechetInceptionDistance(feature=extractor, reset_real_features=False)
        self._update(real, is_real=True)

    @torch.no_grad()
    def _update(self, points: Tensor, *, is_real: bool) -> None:
        for batch in torch.split(points, self.batch_size):
            self.metric.update(batch, real=is_real)

    def distance(self, synthetic: Tensor) -> float:
        if not synthetic.isfinite().all():
            raise ValueError("synthetic points must be finite numbers")
        self.metric.reset()
        self._update(synthetic, is_real=False)
        # Rounding can take a distance of nothing a little below it.
        return max(0.0, float(self.metric.compute().item()))
