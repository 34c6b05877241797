"""Frozen feature extractors: the spaces in which a Fréchet distance compares real and synthetic points.

An extractor maps values from the data's range to [0, 1] first, so that distances do not depend on whether a model
wanted pixels in [-1, 1]; tables, which have no range, are taken as they are (standardised by the split).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from synthmix.data.base import Dataset, Splits
from synthmix.spec import DataSpec

MAX_PIXELS = 1024  # 28×28 takes half a second for 10,000 points, 3×32×32 takes 35 (eigenvalues, cubic in the size)
MAX_COMPONENTS = 32
POINTS_PER_COMPONENT = 10  # of the reference, so that its covariance in PCA space is well conditioned
MIN_COMPONENTS = 30  # with fewer, noise is not separated from real points


class FeatureExtractor(nn.Module):
    """Maps points to features; frozen and in evaluation mode, so that scores are comparable.

    Attributes:
        name: of the distance, `fd_<name>`.
        num_features: size of a feature vector; torchmetrics reads it.
    """

    name: str
    num_features: int

    def __init__(self, value_range: tuple[float, float] | None) -> None:
        super().__init__()
        self.value_range = value_range

    def unit(self, x: Tensor) -> Tensor:
        """`x` with the data's range mapped to [0, 1]; unchanged where there is no range."""
        if self.value_range is None:
            return x
        low, high = self.value_range
        return (x - low) / (high - low)

    def freeze(self) -> Self:
        """Disables gradients and sets evaluation mode; returns self."""
        return self.requires_grad_(False).eval()


class PixelFeatures(FeatureExtractor):
    """The values themselves, flattened to (N, D).

    Example:
        >>> spec = DataSpec("tiny", "image", (1, 2, 2), (-1.0, 1.0), None)
        >>> PixelFeatures(spec)(torch.tensor([[[[-1.0, 1.0], [0.0, 1.0]]]])).tolist()
        [[0.0, 1.0, 0.5, 1.0]]
    """

    name = "pixels"

    def __init__(self, spec: DataSpec) -> None:
        super().__init__(spec.value_range)
        self.num_features = spec.size
        self.freeze()

    def forward(self, x: Tensor) -> Tensor:
        """(N, ...) → (N, D)."""
        return self.unit(x.flatten(1))


class PcaFeatures(FeatureExtractor):
    """Coordinates on the leading principal axes of real reference points; centred, not rescaled.

    Axes keep their variance, so a squared distance means the same as in the points' own space. What a generator does
    beside these axes is not seen. With as many axes as dimensions it is a rotation, which a Fréchet distance ignores.

    Args:
        mean: of the reference, (D,).
        axes: orthonormal rows, (n_components, D).
        value_range: of the data, mapped to [0, 1].
    """

    name = "pca"
    mean: Tensor
    axes: Tensor

    def __init__(self, mean: Tensor, axes: Tensor, value_range: tuple[float, float] | None) -> None:
        super().__init__(value_range)
        self.num_features = len(axes)
        self.register_buffer("mean", mean)
        self.register_buffer("axes", axes)
        self.freeze()

    @classmethod
    def fit(cls, x: Tensor, spec: DataSpec, n_components: int | None = None) -> PcaFeatures:
        """Fits the axes on reference points.

        Args:
            x: (N, *spec.shape).
            spec: of the data.
            n_components: number of axes; by default 32, or fewer where there are fewer than 32 values in a point or
                ten reference points for each axis.
        """
        if n_components is None:
            n_components = max(1, min(MAX_COMPONENTS, spec.size, len(x) // POINTS_PER_COMPONENT))
        values = PixelFeatures(spec)(x.double())
        pca = PCA(n_components, random_state=0).fit(values.numpy())
        return cls(torch.from_numpy(pca.mean_), torch.from_numpy(pca.components_), spec.value_range)

    def forward(self, x: Tensor) -> Tensor:
        """(N, ...) → (N, n_components), float64."""
        return (self.unit(x.flatten(1).double()) - self.mean) @ self.axes.T


def space_of_distances(extractors: Sequence[FeatureExtractor], val: Dataset) -> FeatureExtractor:
    """The label-free space of nearest-neighbour scores: `pca` where val has enough points for it, else `pixels`.

    Reuses an extractor of `extractors` where possible.
    """
    enough = len(val) >= POINTS_PER_COMPONENT * min(MIN_COMPONENTS, val.spec.size)
    known = {extractor.name: extractor for extractor in extractors}
    if enough:
        return known.get("pca") or PcaFeatures.fit(val.x, val.spec)
    return known.get("pixels") or PixelFeatures(val.spec)


def default_names(splits: Splits) -> list[str]:
    """The feature spaces that suit a data set.

    `pca` always; `pixels` for images of up to 1024 values; `classifier` for images of which a reserve was set apart.
    """
    spec = splits.val.spec
    names = ["pca"]
    if spec.kind == "image" and spec.size <= MAX_PIXELS:
        names.append("pixels")
    if spec.kind == "image" and splits.reserve is not None:
        names.append("classifier")
    return names


def make_extractors(
    names: Sequence[str] | None, splits: Splits, classifier: Callable[[], FeatureExtractor]
) -> list[FeatureExtractor]:
    """The extractors of these names, or of `default_names`.

    Args:
        names: of pixels, pca (fitted on `val`) and classifier.
        splits: of the data.
        classifier: gives the classifier features; called only where they are asked for.
    """
    makers: dict[str, Callable[[], FeatureExtractor]] = {
        "pca": lambda: PcaFeatures.fit(splits.val.x, splits.val.spec),
        "pixels": lambda: PixelFeatures(splits.val.spec),
        "classifier": classifier,
    }
    return [makers[name]() for name in (default_names(splits) if names is None else names)]
