"""Generative adversarial nets: a loss, a penalty and two nets, composed by config."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.generators.evaluation import evaluating
from synthmix.generators.gan.augmentation import augmented
from synthmix.generators.gan.config import GanConfig
from synthmix.generators.gan.networks import OutputActivation
from synthmix.generators.gan.objectives import OBJECTIVES, PENALTIES, Judged
from synthmix.generators.ranges import rescaled
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.spec import DataSpec


class Networks(Protocol):
    """Makes G: (N, latent_dim) → (N, *shape), before its activation, and D: (N, *shape) → (N, 1) logits."""

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]: ...  # noqa: D102


class Gan(TrainedGenerator):
    """A generator G against a discriminator D, in alternation: a loss, a gradient penalty on D and two nets, by config.

    D minimises L_D(D(x), D(G(z))) + λ P(D), then G minimises L_G(D(G(z))), or in a relativistic game
    L_G(D(G(z)) − D(x)), through the D that has just learnt, with the fake points of its last update;
    `objectives.OBJECTIVES` and `PENALTIES` have the published formulas.

    Args:
        config: the loss, the penalty and how both nets learn.
        networks: makes G and D.
    """

    config: GanConfig

    def __init__(self, config: GanConfig, networks: Networks) -> None:
        super().__init__(config)
        self.networks, self.latent_dim = networks, config.latent_dim
        self.objective, self.penalty = OBJECTIVES[config.loss], config.penalty
        rate, rate_end = config.learning_rate, config.learning_rate_end
        self.learning_rates = rate, rate if rate_end is None else rate_end
        self.beta2s = config.beta2, config.beta2 if config.beta2_end is None else config.beta2_end
        self.annealed = rate_end is not None or config.beta2_end is not None

    def build(self, spec: DataSpec) -> None:
        """Makes both nets and their optimizers."""
        name = ("none" if spec.value_range is None else "tanh") if self.config.output == "auto" else self.config.output
        self.net_range = (0.0, 1.0) if name == "sigmoid" else (-1.0, 1.0)
        generator, self.discriminator = self.networks.build(self.latent_dim, spec)
        self.network = nn.Sequential(generator, OutputActivation(name))
        self.generator_optimizer = self._adam(self.network)
        self.discriminator_optimizer = self._adam(self.discriminator)

    def configure_optimizers(self) -> list[Optimizer]:
        """Both Adams, so that checkpoints hold their state."""
        return [self.generator_optimizer, self.discriminator_optimizer]

    @property
    def points_per_step(self) -> int:
        """A minibatch for each update of D."""
        return self.batch_size * self.config.discriminator_steps

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """The updates of D, then one of G."""
        if self.annealed:
            self._anneal()
        *before, real = self.to_net(batch).split(self.batch_size)  # type: ignore[no-untyped-call]
        for points in before:
            with torch.no_grad():
                fake = self._fake(len(points))
            self._learn_to_judge(points, fake)
        fake = self._fake(len(real))
        losses = self._learn_to_judge(real, fake.detach())
        logits = self.judge(fake) - self.judge(real) if self.objective.relative else self.judge(fake)
        g_loss = self.objective.generator(logits)
        self._update(self.generator_optimizer, g_loss)
        return {**losses, "generator_loss": g_loss.detach()}

    def judge(self, points: Tensor) -> Tensor:
        """D's logits (N, 1) of points in the range of the nets, augmented.

        In float32 whatever D computes in, because autocast on a CPU would take their mean in bfloat16.
        """
        logits: Tensor = self.discriminator(augmented(points, self.config.augment))
        return logits.float()

    def _learn_to_judge(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        if self.penalty == "none":
            losses, loss = self._loss(self.judge(real), self.judge(fake))
        else:
            judged = Judged.by(self.judge, real), Judged.by(self.judge, fake)
            losses, loss = self._loss(*(points.logits for points in judged))
            penalty = PENALTIES[self.penalty](self.judge, *judged)
            losses["penalty"] = penalty.detach()
            loss = loss + self.config.penalty_weight * penalty
        self._update(self.discriminator_optimizer, loss)
        return losses

    def _loss(self, of_real: Tensor, of_fake: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """D's loss on logits: what is logged of it, and the tensor to minimise.

        The advantage is 0 at the trivial loss, that of a constant logit, and 1 for a perfect D, whose gradients vanish.
        """
        loss = self.objective.discriminator(of_real, of_fake)
        losses = {"discriminator_loss": loss.detach()}
        if self.objective.trivial_loss is not None:
            losses["discriminator_advantage"] = 1 - loss.detach() / self.objective.trivial_loss
        return losses, loss

    def _fake(self, n: int) -> Tensor:
        """G's points, float32 like the real ones whatever G computes in."""
        fake: Tensor = self.network(torch.randn(n, self.latent_dim, device=self.device))
        return fake.float()

    def _anneal(self) -> None:
        """Sets learning rate and β2 by their linear schedules."""
        done = min(1.0, self.steps_done / max(1, self.steps - 1))
        rate, beta2 = (start + done * (end - start) for start, end in (self.learning_rates, self.beta2s))
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            for group in optimizer.param_groups:
                group["lr"], group["betas"] = rate, (self.config.beta1, beta2)

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns G(z) in the range of the data."""
        z = torch.randn(n, self.latent_dim, generator=rng)
        with evaluating(self.sampler) as sampler:
            points = sampler(z.to(self.device)).float().cpu()
        return self.from_net(points)

    @torch.no_grad()
    def discriminate(self, x: Tensor) -> Tensor:
        """D's logits (N,) of points (N, *shape) in the range of the data, without augmentation or dropout."""
        with evaluating(self.discriminator) as judge:
            blocks = [judge(self.to_net(block).to(self.device)).float().cpu() for block in torch.split(x, 1000)]
        return torch.cat(blocks)[:, 0]

    def to_net(self, x: Tensor) -> Tensor:
        """Maps the data's range to that of G's output."""
        return rescaled(x, self.spec.value_range, self.net_range)

    def from_net(self, x: Tensor) -> Tensor:
        """Maps G's output to the data's range, and clips to it."""
        if self.spec.value_range is None:
            return x
        return rescaled(x, self.net_range, self.spec.value_range).clamp(*self.spec.value_range)

    def _adam(self, net: nn.Module) -> Adam:
        return Adam(net.parameters(), lr=self.learning_rates[0], betas=(self.config.beta1, self.beta2s[0]), fused=True)

    @staticmethod
    def _update(optimizer: Optimizer, loss: Tensor) -> None:
        """One step; gradients are computed for the optimizer's own parameters alone."""
        optimizer.zero_grad()
        parameters = [tensor for group in optimizer.param_groups for tensor in group["params"]]
        loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
        optimizer.step()
