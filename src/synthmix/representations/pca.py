"""`pca`: principal components."""

from __future__ import annotations

from sklearn.decomposition import PCA

from synthmix.representations.transformer import TransformerRepresentation


class PcaRepresentation(TransformerRepresentation):
    """The first principal components, by scikit-learn's PCA.

    Args:
        n_components: from 1 to the smaller of the number of points and the values of a point.
        whiten: whether each component is scaled to unit variance.
    """

    def __init__(self, n_components: int, *, whiten: bool = False) -> None:
        super().__init__(PCA(n_components, whiten=whiten))
