"""Autoencoders, plain, denoising and sparse, and variational ones, sampled through a density on their latent."""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.errors import TrainingDiverged
from synthmix.generators.autoencoder.base import Coders, LatentGenerator
from synthmix.generators.autoencoder.config import AutoencoderConfig, VaeConfig
from synthmix.generators.autoencoder.corruption import corrupted
from synthmix.generators.autoencoder.losses import (
    bernoulli_divergence,
    bernoulli_nll,
    calibrated_gaussian_nll,
    gaussian_kl,
)
from synthmix.spec import DataSpec


class Autoencoder(LatentGenerator):
    """Minimises −log p(x | decode(h)) + λ P(h), h = activation(encode(x̃)); sampled by the ex-post mixture.

    The articles' net (003), 784-128-32-128-784, is `MlpCoders` with hidden [128] and latent_dim 32, x̃ = x and λ = 0. A
    denoising autoencoder reconstructs x from a corrupted x̃ (Vincent et al. 2008, 2010); it encodes points as they are
    once it is trained. A sparse one has a penalty:

    - kl: P = Σ_j KL(B(ρ) ‖ B(ρ̂_j)) with ρ̂_j the minibatch's mean of h_j, sigmoid units (Ng 2011, Lecture notes CS294A);
    - l1: P = Σ_j |h_j|, mean over points, rectified units, so that zeros are exact (Glorot et al. 2011).

    The ex-post mixture is one of what the activation is given.

    Args:
        config: corruption and penalty, and what all autoencoders have.
        networks: makes encoder and decoder.
    """

    config: AutoencoderConfig

    def __init__(self, config: AutoencoderConfig, networks: Coders) -> None:
        super().__init__(config, networks)

    def losses(self, x: Tensor) -> dict[str, Tensor]:
        """Reconstruction loss, penalty where there is one, and the objective."""
        seen = corrupted(x, self.config.corruption, self.config.corruption_level)
        code = self.activate(self.network["encoder"](seen))
        reconstruction = self.negative_log_likelihood(self.network["decoder"](code), x)
        if self.config.sparsity == "none":
            return {"loss": reconstruction, "reconstruction_loss": reconstruction}
        penalty = self.penalty(code.float())
        loss = reconstruction + self.config.sparsity_weight * penalty
        return {"loss": loss, "reconstruction_loss": reconstruction, "sparsity": penalty}

    def penalty(self, code: Tensor) -> Tensor:
        """P of codes (N, latent_dim)."""
        if self.config.sparsity == "kl":
            return bernoulli_divergence(code, self.config.sparsity_target)
        return code.abs().sum() / len(code)

    def activate(self, latent: Tensor) -> Tensor:
        """Sigmoid for kl, rectified for l1, else the same."""
        if self.config.sparsity == "none":
            return latent
        return latent.sigmoid() if self.config.sparsity == "kl" else latent.relu()

    def preview(self, n: int, seed: int) -> Tensor:
        """Reconstructions of train, because the density to sample from is fitted at the end."""
        return self.reconstruct(self.train_x[:n])

    def finish(self, x: Tensor) -> None:
        """Fits the ex-post mixture: a plain autoencoder has no prior to sample from."""
        self.fit_mixture(x)


class Vae(LatentGenerator):
    """The evidence lower bound with a Gaussian posterior and prior: −E_q log p(x | z) + β KL(q(z | x) ‖ N(0, I)).

    z = μ + σ ε (Kingma & Welling 2014); β as in Higgins et al. 2017. A Gaussian likelihood has the variance that fits
    best, not 1 (Rybkin et al. 2021), and points without bounds are drawn with that noise; of an image the mean is
    drawn, as is the custom.

    Args:
        config: the weight of the KL term and the density to sample from, and what all autoencoders have.
        networks: makes encoder and decoder.
    """

    config: VaeConfig
    code_dims = 2
    noise_scale: Tensor

    def __init__(self, config: VaeConfig, networks: Coders) -> None:
        super().__init__(config, networks)

    def build(self, spec: DataSpec) -> None:
        """Builds encoder, decoder and Adam, and a buffer for the decoder's standard deviation."""
        super().build(spec)
        self.register_buffer("noise_scale", torch.zeros(()))

    def negative_log_likelihood(self, out: Tensor, x: Tensor) -> Tensor:
        """Of the chosen likelihood, summed over values, mean over points."""
        return bernoulli_nll(out, x) if self.bernoulli else calibrated_gaussian_nll(out, x)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Decodes latents of the chosen density; points without bounds get the decoder's noise."""
        mean = super().draw(n, rng)
        if self.spec.value_range is not None:
            return mean
        return mean + self.noise_scale.cpu() * torch.randn(mean.shape, generator=rng)

    def losses(self, x: Tensor) -> dict[str, Tensor]:
        """The negative evidence lower bound and its two terms."""
        mean, log_variance = self.network["encoder"](x).float().chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        reconstruction = self.negative_log_likelihood(self.network["decoder"](z), x)
        kl = gaussian_kl(mean, log_variance)
        return {"loss": reconstruction + self.config.beta * kl, "reconstruction_loss": reconstruction, "kl": kl}

    def preview(self, n: int, seed: int) -> Tensor:
        """Decoded samples of the prior."""
        return self.sample(n, seed)

    def finish(self, x: Tensor) -> None:
        """Measures the decoder's noise on train, and fits the ex-post mixture where it is asked for."""
        self.noise_scale.fill_((self.reconstruct(x) - x).square().mean().sqrt())
        if not self.noise_scale.isfinite():
            raise TrainingDiverged(f"{type(self).__name__}: reconstructions are not finite at step {self.steps_done}")
        if self.config.latent_density == "mixture":
            self.fit_mixture(x)
