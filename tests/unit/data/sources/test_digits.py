"""The bundled digits, on the scale of images."""

from __future__ import annotations

import numpy as np
from sklearn import datasets

from synthmix.data.sources.digits import load_digits


def test_the_digits_are_scikit_learns_over_sixteen() -> None:
    dataset = load_digits()
    pixels, labels = datasets.load_digits(return_X_y=True)
    assert dataset.y is not None
    assert dataset.x.shape == (1797, 1, 8, 8)
    np.testing.assert_array_equal(dataset.x.flatten(1).numpy(), (pixels / 16).astype(np.float32))
    np.testing.assert_array_equal(dataset.y.numpy(), labels)
    assert (dataset.x.min(), dataset.x.max()) == dataset.spec.value_range
