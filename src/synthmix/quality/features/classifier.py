"""Features of a small classifier, trained on labelled points that no experiment uses (`splits.reserve`).

With one MNIST class dropped, their Fréchet distance is about 26 times that between two real samples, against 2.6 times
with random features. As they are trained on labels, they are reported, but never select a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from synthmix.data.base import Dataset, digest_of
from synthmix.quality.features.extractors import FeatureExtractor
from synthmix.seeds import derive_seed, generator_for, isolated_rng
from synthmix.spec import DataSpec

BATCH_SIZE = 128
STEPS = 640  # eight epochs over 10,000 points
PEAK_LEARNING_RATE = 3e-3


class ClassifierFeatures(FeatureExtractor):
    """The 64 activations before the last layer of a convolutional classifier.

    Args:
        spec: of images whose height and width are multiples of 4, with `n_classes` known.
    """

    name = "classifier"
    num_features = 64

    def __init__(self, spec: DataSpec) -> None:
        if spec.kind != "image" or spec.n_classes is None or spec.shape[1] % 4 or spec.shape[2] % 4:
            raise ValueError(f"classifier features need labelled images of sides in multiples of 4, got {spec}")
        super().__init__(spec.value_range)
        channels, height, width = spec.shape
        self.shape, self.n_classes = spec.shape, spec.n_classes
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * (height // 4) * (width // 4), self.num_features),
            nn.ReLU(),
        )
        self.head = nn.Linear(self.num_features, spec.n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, 64), not negative."""
        features: Tensor = self.body(self.unit(x))
        return features

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, n_classes)."""
        scores: Tensor = self.head(self(x))
        return scores

    @torch.no_grad()
    def accuracy(self, dataset: Dataset) -> float:
        """Share of labelled points that it classifies rightly."""
        if dataset.y is None:
            raise ValueError("accuracy needs labels")
        predicted = torch.cat([self.logits(x).argmax(dim=1) for x in torch.split(dataset.x, 1000)])
        return (predicted == dataset.y).double().mean().item()

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, in hexadecimal."""
        return digest_of(*self.state_dict().values())

    def state(self) -> dict[str, Any]:
        """Everything that `from_state` needs, in types that `torch.load(weights_only=True)` admits."""
        fields = {"shape": self.shape, "n_classes": self.n_classes, "value_range": self.value_range}
        return {**fields, "weights": self.state_dict()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ClassifierFeatures:
        """The extractor whose `state` this is, frozen."""
        spec = DataSpec("", "image", tuple(state["shape"]), state["value_range"], state["n_classes"])
        net = cls(spec)
        net.load_state_dict(state["weights"])
        return net.freeze()


def train_classifier(reserve: Dataset, seed: int = 0) -> ClassifierFeatures:
    """Trains the classifier on labelled points; the same bits for the same seed on one thread.

    Adam with one cycle of the learning rate (Smith 2018), 640 batches of 128 points.

    Args:
        reserve: labelled images that no experiment uses.
        seed: of weights and order.

    Returns:
        The trained extractor, frozen.

    Raises:
        ValueError: there are no labels, or the points are not images that the net can take.
    """
    if reserve.y is None:
        raise ValueError("the classifier needs a reserve with labels")
    with isolated_rng(derive_seed(seed, "classifier")):
        net = ClassifierFeatures(reserve.spec)
    optimizer = torch.optim.Adam(net.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=STEPS)
    rng = generator_for(seed, "classifier", "order")
    epochs = -(-STEPS * BATCH_SIZE // len(reserve))
    order = torch.cat([torch.randperm(len(reserve), generator=rng) for _ in range(epochs)])[: STEPS * BATCH_SIZE]
    for batch in torch.split(order, BATCH_SIZE):
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(net.logits(reserve.x[batch]), reserve.y[batch]))
        optimizer.step()
        schedule.step()
    return net.freeze()
