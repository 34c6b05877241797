"""Base of the autoencoders: encoder, decoder, likelihood, Adam, and the density on the latent."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.errors import TrainingDiverged
from synthmix.generators.autoencoder.config import LatentGeneratorConfig
from synthmix.generators.autoencoder.losses import bernoulli_nll, gaussian_nll
from synthmix.generators.mixture.density import GaussianMixtureDensity
from synthmix.generators.mixture.latent import fit_latent_mixture
from synthmix.generators.ranges import rescaled
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec

MIXTURE_POINTS = 10_000  # latents: on MNIST as good a fit as all of them give, in a sixth of the time
NET_RANGE = (0.0, 1.0)
AT_ONCE = 2000  # batch size of inference


class Coders(Protocol):
    """Makes an encoder (N, *shape) → (N, code_size) and a decoder (N, latent_dim) → (N, *shape), logits or a mean."""

    def build(self, latent_dim: int, code_size: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]: ...  # noqa: D102


class LatentGenerator(TrainedGenerator):
    """An encoder and a decoder; a family gives `losses`, and what it samples from.

    Images are rescaled to [0, 1]. The likelihood is Bernoulli (the decoder gives logits) or a Gaussian (the decoder
    gives the mean), of unit variance unless a family says otherwise; tables need the latter.

    Args:
        config: latent, likelihood, ex-post mixture and how both nets learn.
        networks: makes encoder and decoder.
    """

    config: LatentGeneratorConfig
    network: nn.ModuleDict
    code_dims = 1  # width of the encoder's output, in latents

    def __init__(self, config: LatentGeneratorConfig, networks: Coders) -> None:
        super().__init__(config)
        self.networks, self.latent_dim = networks, config.latent_dim
        self.mixture: GaussianMixtureDensity | None = None

    @abstractmethod
    def losses(self, x: Tensor) -> dict[str, Tensor]:
        """The objective under `loss`, and its parts under names of their own; of images in [0, 1], (N, *shape)."""

    def build(self, spec: DataSpec) -> None:
        """Makes encoder, decoder and Adam."""
        likelihood, bounded = self.config.likelihood, spec.value_range is not None
        self.bernoulli = likelihood == "bernoulli" or (likelihood == "auto" and bounded)
        encoder, decoder = self.networks.build(self.latent_dim, self.code_dims * self.latent_dim, spec)
        self.network = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
        self.optimizer = Adam(self.network.parameters(), lr=self.config.learning_rate, fused=True)
        self.mixture = None

    def configure_optimizers(self) -> Optimizer:
        """Adam over encoder and decoder."""
        return self.optimizer

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update on the objective."""
        losses = self.losses(self._to_unit(batch))
        self.optimizer.zero_grad()
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return {name: value.detach() for name, value in losses.items()}

    def activate(self, latent: Tensor) -> Tensor:
        """Latents → codes, which the decoder is given: the same, unless a family says otherwise."""
        return latent

    @torch.no_grad()
    def latents(self, x: Tensor) -> Tensor:
        """(N, *shape) → latents (N, latent_dim); of a distribution, its mean."""
        encoder, blocks = self._net("encoder"), torch.split(x, AT_ONCE)
        out = torch.cat([encoder(self._to_unit(block.to(self.device))) for block in blocks])
        return out[:, : self.latent_dim].float().cpu()

    def encode(self, x: Tensor) -> Tensor:
        """(N, *shape) → codes (N, latent_dim)."""
        return self.activate(self.latents(x))

    @torch.no_grad()
    def decode(self, code: Tensor) -> Tensor:
        """(N, latent_dim) → the likelihood's mean (N, *shape), in the range of the data."""
        decoder, blocks = self._net("decoder"), torch.split(code, AT_ONCE)
        out = torch.cat([decoder(block.to(self.device)).float().cpu() for block in blocks])
        points = out.sigmoid() if self.bernoulli else out
        if self.spec.value_range is None:
            return points
        return rescaled(points.clamp(*NET_RANGE), NET_RANGE, self.spec.value_range)

    def reconstruct(self, x: Tensor) -> Tensor:
        """(N, *shape) → (N, *shape): decode(encode(x))."""
        return self.decode(self.encode(x))

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Decodes latents of the ex-post mixture, or of N(0, I) where there is none."""
        if self.mixture is None:
            return self.decode(self.activate(torch.randn(n, self.latent_dim, generator=rng)))
        return self.decode(self.activate(self.mixture.sample(n, rng)))

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads the weights, and the ex-post mixture where there is one."""
        if "mixture.means" in state:
            self.mixture = GaussianMixtureDensity.of_state(state, "mixture.")
        super().load_fitted(state)

    def unfinish(self) -> None:
        """Drops the ex-post mixture."""
        self.mixture = None

    def fit_mixture(self, x: Tensor) -> None:
        """Fits the ex-post mixture on the latents of `x`.

        Raises:
            TrainingDiverged: the last update has left weights that do not encode to finite numbers.
        """
        latent = self.latents(x[:MIXTURE_POINTS])
        if not latent.isfinite().all():
            raise TrainingDiverged(f"{type(self).__name__}: latents are not finite at step {self.steps_done}")
        self.mixture = fit_latent_mixture(
            latent,
            max_components=self.config.mixture_components,
            regularization=self.config.mixture_regularization,
            seed=derive_seed(self.seed, "mixture") % 2**32,
        )

    def negative_log_likelihood(self, out: Tensor, x: Tensor) -> Tensor:
        """Of the chosen likelihood, summed over values, mean over points."""
        return bernoulli_nll(out, x) if self.bernoulli else gaussian_nll(out, x)

    def _net(self, name: str) -> nn.Module:
        nets = self.sampler
        assert isinstance(nets, nn.ModuleDict)
        return nets[name]

    def _to_unit(self, x: Tensor) -> Tensor:
        return rescaled(x, self.spec.value_range, NET_RANGE)
