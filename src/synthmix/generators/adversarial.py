"""Generative adversarial nets: the articles' multilayer perceptrons and DCGAN."""

from __future__ import annotations

from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.data.spec import DataSpec
from synthmix.generators.losses import discriminator_loss, generator_loss
from synthmix.generators.networks import OutputActivation
from synthmix.generators.trained import TrainedGenerator

Output = Literal["auto", "none", "tanh", "sigmoid"]


class Networks(Protocol):
    """Makes G: (N, latent_dim) → (N, *shape), before its activation, and D: (N, *shape) → (N, 1) logits."""

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]: ...  # noqa: D102


class Gan(TrainedGenerator):
    """A generator G against a discriminator D, in turn, each on its published loss (Goodfellow et al. 2014).

    Both updates of a step use the same fake points; G is updated last, through the D that has just learnt from them.

    Args:
        networks: which G and D: `MlpNetworks` (conf/model/gan.yaml) or `ConvNetworks` (dcgan.yaml).
        latent_dim: size of z ~ N(0, I).
        output: activation of G's last layer. Data in a bounded range is mapped to [−1, 1], or to [0, 1] for sigmoid;
            auto is tanh for bounded data and none for tables.
        learning_rate: of both Adams.
        beta1, beta2: of both Adams.
        steps, batch_size, ema_decay: see `TrainedGenerator`.
    """

    def __init__(
        self,
        *,
        networks: Networks,
        latent_dim: int = 64,
        output: Output = "auto",
        learning_rate: float = 2e-4,
        beta1: float = 0.5,
        beta2: float = 0.999,
        steps: int = 2000,
        batch_size: int = 64,
        ema_decay: float | None = None,
    ) -> None:
        super().__init__(steps=steps, batch_size=batch_size, ema_decay=ema_decay)
        self.save_hyperparameters(logger=False, ignore="networks")
        self.networks, self.latent_dim, self.output = networks, latent_dim, output
        self.learning_rate, self.betas = learning_rate, (beta1, beta2)

    def build(self, spec: DataSpec) -> None:
        """Makes both nets and their optimizers."""
        name = ("none" if spec.value_range is None else "tanh") if self.output == "auto" else self.output
        self.net_range = (0.0, 1.0) if name == "sigmoid" else (-1.0, 1.0)
        generator, self.discriminator = self.networks.build(self.latent_dim, spec)
        self.network = nn.Sequential(generator, OutputActivation(name))
        self.generator_optimizer = self._adam(self.network)
        self.discriminator_optimizer = self._adam(self.discriminator)

    def configure_optimizers(self) -> list[Optimizer]:
        """Both Adams, so that checkpoints hold their state."""
        return [self.generator_optimizer, self.discriminator_optimizer]

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update of D, then one of G."""
        real = self.to_net(batch)
        fake = self.network(torch.randn(len(real), self.latent_dim, device=real.device))
        d_loss = discriminator_loss(self.discriminator(real), self.discriminator(fake.detach()))
        self._update(self.discriminator_optimizer, d_loss)
        self.discriminator.requires_grad_(False)  # spares the gradients of D that G's update has no use for
        g_loss = generator_loss(self.discriminator(fake))
        self._update(self.generator_optimizer, g_loss)
        self.discriminator.requires_grad_(True)
        return {"discriminator_loss": d_loss.detach(), "generator_loss": g_loss.detach()}

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns G(z) in the range of the data."""
        z = torch.randn(n, self.latent_dim, generator=rng)
        sampler, training = self.sampler, self.sampler.training
        sampler.eval()
        points = sampler(z.to(self.device)).float().cpu()
        sampler.train(training)  # a callback may look at samples between two steps
        return self.from_net(points)

    def to_net(self, x: Tensor) -> Tensor:
        """Maps the data's range to that of G's output."""
        return _rescale(x, self.spec.value_range, self.net_range)

    def from_net(self, x: Tensor) -> Tensor:
        """Maps G's output to the data's range, and clips to it."""
        if self.spec.value_range is None:
            return x
        return _rescale(x, self.net_range, self.spec.value_range).clamp(*self.spec.value_range)

    def _adam(self, net: nn.Module) -> Adam:
        return Adam(net.parameters(), lr=self.learning_rate, betas=self.betas, fused=True)

    @staticmethod
    def _update(optimizer: Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _rescale(x: Tensor, old: tuple[float, float] | None, new: tuple[float, float]) -> Tensor:
    if old is None or old == new:
        return x
    scale = (new[1] - new[0]) / (old[1] - old[0])
    return (x - old[0]) * scale + new[0]
