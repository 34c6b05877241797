"""Pictures of segments: what stands where, and what is written there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthmix.data.columns import Cells
from synthmix.spec import Column, unit_images
from synthmix.tasks.clustering.plots.segments import ordered, segments_picture, standing_picture
from synthmix.tasks.clustering.segments import standing

ASSIGNMENTS = np.repeat([0, 1, 2], 5)


def test_rows_that_are_alike_become_neighbours() -> None:
    rows = np.array([[0.0], [10.0], [0.1], [10.1], [5.0]])
    order = ordered(rows).tolist()
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1
    assert order.index(4) == 2


def test_the_heat_map_has_the_medians_of_each_cluster_and_what_is_apart_in_colour() -> None:
    value = np.arange(15.0) * 1000
    columns = [
        Cells(Column("cost of $x$", "numeric"), value),
        Cells(Column("flat", "numeric"), np.ones(15)),
        Cells(Column("paid", "boolean", ("no", "yes")), (value > 9500).astype(float), 2),
    ]
    figure = segments_picture(columns, ASSIGNMENTS)
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    clusters = [label.get_text().splitlines() for label in axes.get_xticklabels()]
    assert sorted(names) == ["cost of $x$", "flat", "paid = yes"]
    assert sorted(clusters) == [[f"cluster {number}", "5 points"] for number in range(3)]
    shades = np.asarray(axes.images[0].get_array())
    written = {text.get_position(): text.get_text() for text in axes.texts}
    row, last = names.index("cost of $x$"), [name for name, _ in clusters].index("cluster 2")
    assert written[last, row] == "12,000"
    assert shades[row, last] == 1.0
    assert written[last, names.index("paid = yes")] == "100 %"
    assert not shades[names.index("flat")].any()


def test_a_row_of_images_for_each_cluster_and_an_empty_place_where_it_has_too_few() -> None:
    images = torch.linspace(0, 1, 15)[:, None, None, None].expand(15, 1, 4, 4)
    assignments = np.array([0] * 8 + [1] * 5 + [2] * 2)
    figure = standing_picture(images, standing(images.flatten(1).numpy(), assignments), unit_images("x", (1, 4, 4)))
    typical, doubtful = figure.axes
    assert (typical.get_title(), doubtful.get_title()) == ("typical", "doubtful")
    assert [label.get_text() for label in typical.get_yticklabels()] == ["0", "1", "2"]
    sheet = np.asarray(doubtful.images[0].get_array())
    assert sheet.shape[:2] == (3 * 5 - 1, 3 * 5 - 1)
    assert sheet[0, 0] == pytest.approx(7 / 14)  # of the first cluster the one that is next to the second
    assert np.isnan(sheet[-1, -1])
    assert figure.get_figwidth() > figure.get_figheight()
