"""Gates by a GAN's discriminator: discriminator rejection sampling, and truncation to the top k."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.errors import Unavailable
from synthmix.gates.base import Candidates
from synthmix.gates.config import DiscriminatorConfig, TopKConfig
from synthmix.generators.base import Discriminating
from synthmix.seeds import derive_seed

CALIBRATION = 2000  # synthetic points that the calibration, d_M and γ are fitted on
MARGIN = 1e-6  # keeps the logarithm finite at the largest ratio


def discriminating(candidates: Candidates) -> Discriminating:
    """The generator, which must have a discriminator.

    Raises:
        Unavailable: it has none.
    """
    generator = candidates.generator()
    if not isinstance(generator, Discriminating):
        raise Unavailable(f"the gate needs a discriminator, which {type(generator).__name__} does not have")
    return generator


class Discriminator:
    r"""Discriminator rejection sampling by the density ratio of real to synthetic points (Azadi et al. 2019).

    .. math:: p = \sigma(d - d_M - \log(1 - e^{d - d_M - \epsilon}) - \gamma)

    p is the acceptance probability, d(x) the log density ratio and d_M its maximum. As D is not a calibrated
    classifier, d is a logistic regression on its logits, fitted on val against synthetic points (Turner et al. 2019).
    γ = 0 is exact rejection sampling, whose acceptance rate one outlying ratio can bring close to 0; a larger γ favours
    points of large ratios, a smaller one raises the acceptance rate.

    Args:
        config: the share of points to accept, from which γ follows; None takes γ = 0.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        self.acceptance = config.acceptance

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Calibrates D on val and on the first points of the pool, and computes d_M and γ.

        Raises:
            Unavailable: the generator has no discriminator.
        """
        self._judge = discriminating(candidates).discriminate
        self._seed = derive_seed(candidates.seed, "gate")
        synthetic = _column(self._judge(candidates.first(CALIBRATION)))
        real = _column(self._judge(splits.val.x))
        is_real = np.repeat([1, 0], [len(real), len(synthetic)])
        # Standardised first, as the L2 penalty would otherwise shrink the weight of small logits to 0.
        calibration = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        self._calibration = calibration.fit(np.concatenate([real, synthetic]), is_real)
        ratios = self._ratio(synthetic)
        self._largest = ratios.max()
        self._shift = 0.0 if self.acceptance is None else _shift_for(self._excess(ratios), self.acceptance)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Accepts each point with its probability; the random number depends on the index in the pool alone."""
        chances = _sigmoid(self._excess(self._ratio(_column(self._judge(points)))) - self._shift)
        return torch.from_numpy(np.random.default_rng(self._seed).random(len(points)) < chances)

    def _ratio(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """log p_real / p_synthetic, (N,)."""
        ratios: NDArray[np.float64] = self._calibration.decision_function(logits)
        return ratios

    def _excess(self, ratios: NDArray[np.float64]) -> NDArray[np.float64]:
        below = np.minimum(ratios - self._largest, 0.0)
        excess: NDArray[np.float64] = below - np.log1p(-np.exp(below - MARGIN))
        return excess


class TopK:
    """Accepts the share of points with the highest logits, which trades diversity for fidelity.

    Args:
        config: the share; the threshold is that quantile of D's logits on the first points of the pool.
    """

    def __init__(self, config: TopKConfig) -> None:
        self.keep = config.keep

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Computes the threshold.

        Raises:
            Unavailable: the generator has no discriminator.
        """
        self._judge = discriminating(candidates).discriminate
        self._least = torch.quantile(self._judge(candidates.first(CALIBRATION)), 1 - self.keep)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Whether each logit is at least the threshold."""
        return self._judge(points) >= self._least


def _column(logits: Tensor) -> NDArray[np.float64]:
    return logits.double().numpy()[:, None]


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    values: NDArray[np.float64] = 0.5 * (1 + np.tanh(0.5 * x))
    return values


def _shift_for(excess: NDArray[np.float64], acceptance: float) -> float:
    """γ at which the mean acceptance probability is `acceptance`, by bisection, as the mean decreases in γ."""
    low, high = excess.min() - 50, excess.max() + 50
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _sigmoid(excess - middle).mean() > acceptance else (low, middle)
    return float(low)
