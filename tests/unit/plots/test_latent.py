"""Pictures of a latent space, against a decoder whose axes are known."""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.plots.latent import STEPS, interpolations, moved, walk
from synthmix.spec import unit_images

SPEC = unit_images("x", (1, 4, 4))


def decode(latents: Tensor) -> Tensor:
    """Axis 0 moves nothing, axis 1 all pixels a little, axis 2 all of them by far."""
    shade = 0.5 + 0.02 * latents[:, 1] + 0.2 * latents[:, 2]
    return shade[:, None, None, None].expand(-1, 1, 4, 4)


def test_the_axis_that_moves_most_comes_first() -> None:
    assert moved(decode, torch.zeros(3), torch.zeros(3), torch.ones(3)) == [2, 1, 0]
    # An axis that is hardly used moves little.
    assert moved(decode, torch.zeros(3), torch.zeros(3), torch.tensor([1.0, 1.0, 0.01]))[0] == 1


def test_a_walk_goes_along_one_axis_at_a_time() -> None:
    figure = walk(decode, torch.tensor([9.0, 0, 9]), torch.zeros(3), torch.ones(3), SPEC)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["axis 2", "axis 1", "axis 0"]
    image = axes.images[0].get_array()
    assert image is not None
    first_row = [round(float(image[0, 5 * step].mean()), 3) for step in range(STEPS)]
    assert first_row == [round(0.5 + 0.2 * offset, 3) for offset in torch.linspace(-2, 2, STEPS).tolist()]
    assert float(image[-1, 0].mean()) == float(image[-1, -1].mean()) == 1.0  # axis 2 stays at 9, clipped


def test_a_path_ends_where_it_says_and_stays_on_the_sphere() -> None:
    seen: list[Tensor] = []

    def kept(latents: Tensor) -> Tensor:
        seen.append(latents)
        return decode(latents)

    starts, ends = torch.tensor([[3.0, 0, 0]]), torch.tensor([[0.0, 3, 0]])
    interpolations(kept, starts, ends, SPEC, on_sphere=True)
    interpolations(kept, starts, ends, SPEC, on_sphere=False)
    for path in seen:
        torch.testing.assert_close(path[[0, -1]], torch.cat([starts, ends]))
    torch.testing.assert_close(seen[0].norm(dim=1), torch.full((STEPS,), 3.0))
    assert float(seen[1].norm(dim=1).min()) < 2.2
