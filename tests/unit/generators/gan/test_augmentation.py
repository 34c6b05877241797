"""What a discriminator sees of an image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from synthmix.generators.gan.augmentation import Transformation, augmented, cutout, translation


@pytest.fixture
def images() -> Tensor:
    """Eighty images of 2 channels, 8×16, whose every pixel has a value of its own, none of them zero."""
    torch.manual_seed(0)
    return (1 + torch.arange(2 * 8 * 16, dtype=torch.float32)).view(1, 2, 8, 16).repeat(80, 1, 1, 1)


def test_a_translated_image_is_the_image_somewhere_else(images: Tensor) -> None:
    seen = set()
    for image in translation(images):
        row, column = (int(x) for x in (image[0] == images[0, 0, 4, 8]).nonzero()[0])
        down, right = row - 4, column - 8
        seen.add((down, right))
        expected = torch.zeros(2, 8, 16)
        rows, columns = slice(max(0, down), 8 + min(0, down)), slice(max(0, right), 16 + min(0, right))
        from_rows, from_columns = slice(max(0, -down), 8 + min(0, -down)), slice(max(0, -right), 16 + min(0, -right))
        expected[:, rows, columns] = images[0][:, from_rows, from_columns]
        assert torch.equal(image, expected)
    # An eighth of the size each way: one row, two columns.
    assert seen == {(down, right) for down in (-1, 0, 1) for right in (-2, -1, 0, 1, 2)}


def test_a_hole_is_half_as_long_and_half_as_wide(images: Tensor) -> None:
    cut = cutout(images)
    kept = cut == images
    assert ((cut == 0) | kept).all()
    holes = (~kept).flatten(1).sum(1) / 2  # of two channels
    assert holes.max() == 4 * 8
    assert holes.min() < 4 * 8  # some reach over the edge
    assert torch.equal(kept[:, 0], kept[:, 1])
    assert not kept.all(0).any()  # in the long run each pixel is lost at times


@pytest.mark.parametrize("names", [[], ["translation"], ["cutout"], ["translation", "cutout"]])
def test_gradients_pass_through(names: list[Transformation], images: Tensor) -> None:
    images = images.requires_grad_()
    augmented(images, names).sum().backward()
    assert images.grad is not None
    assert set(images.grad.unique().tolist()) <= {0.0, 1.0}
    assert 0.4 < float(images.grad.mean()) <= 1
