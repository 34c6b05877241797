"""The Inception network of Heusel et al. 2017 as a feature space, where the user has its weights on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synthmix.config.sections.inception_weights import weights_fault
from synthmix.quality.features.extractors import FeatureExtractor
from synthmix.spec import DataSpec

SPLITS = 10
SHUFFLE_SEED = 2020  # torch-fidelity's


class InceptionFeatures(FeatureExtractor):
    """The 2,048 pooled activations of torch-fidelity's port of the original network, as in every published FID.

    It scales images of any size to 299×299 as TensorFlow 1 did; of images of one channel all three get that one. Some
    thirty images a second on one core.

    Args:
        weights: path of torch-fidelity's file of weights.
        spec: of images with 1 or 3 channels.

    Raises:
        ValueError: the package torch-fidelity or the file is not there, the file is another one, or the points are no
            such images.
    """

    name = "inception"
    num_features = 2048

    def __init__(self, weights: str | Path, spec: DataSpec) -> None:
        fault = weights_fault(str(weights), spec)
        if fault is not None:
            raise ValueError(f"{weights}: {fault}")
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        super().__init__(spec.value_range)
        self.net = FeatureExtractorInceptionV3(
            name="inception-v3-compat",
            features_list=["2048", "logits_unbiased"],
            feature_extractor_weights_path=str(Path(weights).expanduser()),
        )
        self.freeze()

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1 or 3, H, W) → (N, 2048)."""
        return self.features_and_logits(x)[0]

    def features_and_logits(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 2048), and what `inception_score` takes, (N, 1008), in one pass."""
        pixels = (self.unit(x) * 255).round().clamp(0, 255).to(torch.uint8)
        features, logits = self.net(pixels.expand(-1, 3, -1, -1).contiguous())
        return features, logits


def inception_score(logits: Tensor, *, splits: int = SPLITS, seed: int = SHUFFLE_SEED) -> float:
    r"""Inception score (Salimans et al. 2016): confident predictions for each image, and a diverse marginal.

    .. math:: \exp(E_x\, \mathrm{KL}(p(y \mid x) \,\|\, p(y)))

    Args:
        logits: (N, C), without biases as torch-fidelity takes them.
        splits: number of parts whose scores are averaged; no more than points.
        seed: of the order in which points fall to parts, as torch-fidelity shuffles them.

    Returns:
        The mean over the parts, from 1 to C.
    """
    order = np.random.RandomState(seed).permutation(len(logits))
    n, splits, scores = len(logits), min(splits, len(logits)), []
    bounds = [number * n // splits for number in range(1, splits)]
    for part in torch.tensor_split(logits[order].double(), bounds):
        log_p = part.log_softmax(1)
        log_marginal = log_p.logsumexp(0) - np.log(len(part))
        scores.append((log_p.exp() * (log_p - log_marginal)).sum(1).mean().exp())
    return torch.stack(scores).mean().item()
