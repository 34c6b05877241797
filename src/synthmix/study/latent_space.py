"""The latent space of a fitted generator, as pictures need it: where its points lie, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from synthmix.generators.autoencoder.base import LatentGenerator
from synthmix.generators.evaluation import evaluating
from synthmix.generators.gan.model import Gan
from synthmix.plots.latent import Decode, interpolations, walk
from synthmix.seeds import generator_for
from synthmix.spec import DataSpec

N_PATHS = 6
MOST_ENCODED = 1000  # points of train, whose codes say where the latent is


@dataclass(frozen=True)
class LatentSpace:
    """Where latents lie.

    Attributes:
        decode: gives the points of latents (N, d).
        codes: some latents.
        gaussian: whether they are N(0, I).
    """

    decode: Decode
    codes: Tensor
    gaussian: bool


def latent_space(generator: Any, train: Tensor, seed: int) -> LatentSpace | None:
    """That of an autoencoder, by the codes of train, or of a GAN; None of a generator that has none.

    Args:
        generator: fitted.
        train: points that it was fitted on.
        seed: of the latents of a GAN.
    """
    if isinstance(generator, LatentGenerator):
        return LatentSpace(generator.decode, generator.encode(train[:MOST_ENCODED]), gaussian=False)
    if not isinstance(generator, Gan):
        return None

    @torch.no_grad()
    def decode(latents: Tensor) -> Tensor:
        with evaluating(generator.sampler) as sampler:
            return generator.from_net(sampler(latents.to(generator.device)).float().cpu())

    codes = torch.randn(MOST_ENCODED, generator.latent_dim, generator=generator_for(seed, "latent walk"))
    return LatentSpace(decode, codes, gaussian=True)


def latent_figures(space: LatentSpace, spec: DataSpec) -> Iterator[tuple[str, Figure]]:
    """Paths between points, and what each axis moves."""
    starts, ends = space.codes[:N_PATHS], space.codes[N_PATHS : 2 * N_PATHS]
    if len(ends) == N_PATHS:
        yield "interpolation", interpolations(space.decode, starts, ends, spec, on_sphere=space.gaussian)
    middle, spread = space.codes.mean(dim=0), space.codes.std(dim=0)
    centre = middle
    if space.gaussian:
        centre, middle, spread = space.codes[0], torch.zeros_like(middle), torch.ones_like(spread)
    yield "latent_walk", walk(space.decode, centre, middle, spread, spec)
