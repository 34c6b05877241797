"""The latent space of fitted generators, as pictures have it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from synthmix import load_dataset, make_generator
from synthmix.study.latent_space import latent_figures, latent_space

SMALL = {"steps": 3, "latent_dim": 4}


@pytest.mark.parametrize("name", ["vae", "autoencoder", "gan"])
def test_a_latent_has_its_sheets(name: str) -> None:
    digits = load_dataset("digits").take(slice(60)).unlabelled()
    generator = make_generator(name, **SMALL).fit(digits, seed=0)
    space = latent_space(generator, digits.x, 0)
    assert space is not None
    assert (space.codes.shape[1], space.gaussian) == (4, name == "gan")
    assert space.decode(space.codes[:3]).shape == (3, 1, 8, 8)
    figures = dict(latent_figures(space, digits.spec))
    assert figures.keys() == {"interpolation", "latent_walk"}
    assert len(figures["latent_walk"].axes[0].get_yticklabels()) == 4


def test_what_a_gan_draws_is_what_its_latents_stand_for() -> None:
    digits = load_dataset("digits").take(slice(60)).unlabelled()
    gan = make_generator("gan", **SMALL).fit(digits, seed=0)
    space = latent_space(gan, digits.x, 0)
    assert space is not None
    rng = torch.Generator().manual_seed(0)
    drawn = gan.draw(5, rng)
    latents = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(space.decode(latents), drawn)


def test_a_generator_without_a_latent_has_none(tmp_path: Path) -> None:
    digits = load_dataset("digits").take(slice(60)).unlabelled()
    assert latent_space(make_generator("gaussian").fit(digits, seed=0), digits.x, 0) is None
