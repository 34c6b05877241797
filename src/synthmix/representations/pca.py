"""`pca`: principal components."""

from __future__ import annotations

from sklearn.decomposition import PCA

from synthmix.representations.pca_config import PcaConfig
from synthmix.representations.transformer import TransformerRepresentation


class PcaRepresentation(TransformerRepresentation):
    """The first principal components, by scikit-learn's PCA.

    Args:
        config: how many, and whether each is scaled to unit variance.
    """

    def __init__(self, config: PcaConfig) -> None:
        super().__init__(PCA(config.n_components, whiten=config.whiten))
