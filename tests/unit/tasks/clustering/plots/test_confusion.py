from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from synthmix.tasks.clustering.plots.confusion import confusion


def headers(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_xticklabels()]


def shares(axes: Axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def test_clusters_stand_in_the_order_of_their_classes() -> None:
    labels = torch.tensor([0] * 4 + [1] * 4 + [2] * 4)
    clusters = np.array([9, 9, 9, 3, 5, 5, 5, 5, 3, 3, 9, 3])
    (axes,) = confusion(labels, clusters).axes
    assert headers(axes) == ["9", "5", "3"]
    np.testing.assert_allclose(shares(axes), [[0.75, 0, 0.25], [0, 1, 0], [0.25, 0, 0.75]])
    assert axes.get_title() == "accuracy 83.3%"
    assert {text.get_text() for text in axes.texts} == {"75", "25", "100"}


def test_noise_and_left_over_clusters_stand_behind() -> None:
    labels = torch.tensor([3] * 10 + [8] * 10)
    clusters = torch.tensor([0] * 5 + [1] * 3 + [-1] * 2 + [2] * 6 + [-1] * 4)
    (axes,) = confusion(labels, clusters).axes
    assert headers(axes) == ["0", "2", "1", "noise"]
    np.testing.assert_allclose(shares(axes), [[0.5, 0, 0.3, 0.2], [0, 0.6, 0, 0.4]])
    assert axes.get_title() == "accuracy 55.0%"
    frames = [patch.get_xy() for patch in axes.patches]
    assert frames == [(-0.5, -0.5), (0.5, 0.5)]


def test_many_left_over_clusters_are_summed_up() -> None:
    labels, clusters = torch.arange(400) % 2, torch.arange(400) // 10
    (axes,) = confusion(labels, clusters).axes
    assert headers(axes)[-1] == "+28"
    assert len(headers(axes)) == 2 + 10 + 1
    np.testing.assert_allclose(shares(axes).sum(axis=1), 1)


def test_one_cluster_or_none() -> None:
    labels = torch.tensor([0, 1, 1])
    assert headers(confusion(labels, np.zeros(3, dtype=np.int32)).axes[0]) == ["0"]
    assert headers(confusion(labels, -torch.ones(3)).axes[0]) == ["noise"]
