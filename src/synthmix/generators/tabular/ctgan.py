"""CTGAN: a conditional adversarial net that knows columns (Xu et al. 2019)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from synthmix.generators.evaluation import evaluating
from synthmix.generators.gan.objectives import (
    Judged,
    critic_generator_loss,
    gradient_penalty,
    wasserstein_discriminator_loss,
)
from synthmix.generators.tabular.columns import TableColumns
from synthmix.generators.tabular.conditions import Condition, Conditions
from synthmix.generators.tabular.config import CtganConfig
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec

DROPOUT = 0.5
SLOPE = 0.2


class Residual(nn.Module):
    """x → (x, ReLU(BN(Wx)))."""

    def __init__(self, n_inputs: int, n_units: int) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(n_inputs, n_units), nn.BatchNorm1d(n_units)

    def forward(self, x: Tensor) -> Tensor:
        """(N, n_inputs) → (N, n_inputs + n_units)."""
        return torch.cat([x, torch.relu(self.norm(self.linear(x)))], dim=1)


class Ctgan(TrainedGenerator):
    """A Wasserstein game with gradient penalty over rows, conditioned on a level of one of their columns.

    Columns are seen as TVAE sees them: a number is a mode and a place within it, a level one 1 among 0s. G is given z
    and a condition, a level of a column that is drawn by the logarithm of its frequency, so that rare levels are
    trained on; D compares `pac` rows of G at once (PacGAN, Lin et al. 2018) with as many of train that have the levels
    asked for. G minimises −E D + the cross entropy of the levels asked for. Levels and modes are relaxed draws while it
    is trained (Gumbel softmax). A sample asks for levels as often as train has them; numbers stay in its range.

    Args:
        config: nets, modes and how they learn.
    """

    config: CtganConfig

    def build(self, spec: DataSpec) -> None:
        """Makes both nets and their Adams."""
        self.columns = TableColumns(spec, self.config.max_modes)
        self.conditions = Conditions(self.columns.widths)
        n_inputs, blocks = self.config.latent_dim + self.conditions.n_values, list[nn.Module]()
        for units in self.config.hidden:
            blocks.append(Residual(n_inputs, units))
            n_inputs += units
        self.network = nn.Sequential(*blocks, nn.Linear(n_inputs, self.columns.n_values))
        judged = self.config.pac * (self.columns.n_values + self.conditions.n_values)
        self.discriminator = _judge([judged, *self.config.hidden])
        self.optimizers_of = [self._adam(self.network), self._adam(self.discriminator)]

    def start(self, x: Tensor) -> None:
        """Finds modes and levels, and which rows have which."""
        self.columns.fit(x, derive_seed(self.seed, "modes") % 2**32)
        self.conditions.fit(self.columns.levels_of(x))

    def configure_optimizers(self) -> list[Optimizer]:
        """Both Adams, so that checkpoints hold their state."""
        return [*self.optimizers_of]

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """An update of D, then one of G, of rows with the levels that are asked for."""
        condition = self._asked(len(batch))
        real = batch if condition is None else self.train_x[self.conditions.rows(condition)]
        shown = self.columns.as_input(*self.columns.encode(real))
        fake, _ = self._fake(len(batch), condition)
        judged = (
            Judged.by(self._judged, self._packed(shown, condition)),
            Judged.by(self._judged, self._packed(fake.detach(), condition)),
        )
        loss = wasserstein_discriminator_loss(*(points.logits for points in judged))
        penalty = gradient_penalty(self._judged, *judged)
        self._update(1, loss + self.config.penalty_weight * penalty)

        condition = self._asked(len(batch))
        fake, levels = self._fake(len(batch), condition)
        g_loss = critic_generator_loss(self._judged(self._packed(fake, condition)))
        missed = g_loss.new_zeros(()) if condition is None else self._missed(levels, condition)
        self._update(0, g_loss + missed)
        found = {"discriminator_loss": loss, "penalty": penalty, "generator_loss": g_loss, "condition_loss": missed}
        return {name: value.detach() for name, value in found.items()}

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Modes and levels are drawn by their probability, given a latent and a level as often as train has it."""
        columns, conditions = self.columns.cpu(), self.conditions.cpu()
        z = torch.randn(n, self.config.latent_dim, generator=rng)
        asked = conditions.as_train(n, rng).shown if conditions.n_values else z[:, :0]
        with evaluating(self.sampler) as sampler:
            out = sampler(torch.cat([z, asked], dim=1).to(self.device)).float().cpu()
        place, modes, known = columns.heads(out)
        mode = torch.multinomial(modes.exp().flatten(0, 1), 1, generator=rng).view(place.shape)
        levels = [torch.multinomial(logs.exp(), 1, generator=rng)[:, 0] for logs in known]
        return columns.decode(mode, place, levels).reshape(n, *self.spec.shape)

    def _asked(self, n: int) -> Condition | None:
        return self.conditions.even(n) if self.conditions.n_values else None

    def _fake(self, n: int, condition: Condition | None) -> tuple[Tensor, Sequence[Tensor]]:
        """What D is shown of n rows of G, (n, `n_values`), and the logarithms of the probabilities of their levels."""
        z = torch.randn(n, self.config.latent_dim, device=self.device)
        out = self.network(z if condition is None else torch.cat([z, condition.shown], dim=1)).float()
        place, modes, known = self.columns.heads(out)
        drawn = functional.gumbel_softmax(modes, self.config.temperature)
        levels = [functional.gumbel_softmax(logs, self.config.temperature) for logs in known]
        place = place * drawn[..., : self.config.max_modes].sum(-1)  # an atom has no places
        return torch.cat([place, drawn.flatten(1), *levels], dim=1), known

    def _missed(self, levels: Sequence[Tensor], condition: Condition) -> Tensor:
        """The cross entropy of the levels that were asked for."""
        found = [
            logs.gather(1, condition.level[:, None].clamp(max=logs.shape[1] - 1))[:, 0] * (condition.column == column)
            for column, logs in enumerate(levels)
        ]
        return -torch.stack(found).sum(0).mean()

    def _packed(self, shown: Tensor, condition: Condition | None) -> Tensor:
        rows = shown if condition is None else torch.cat([shown, condition.shown], dim=1)
        return rows.reshape(len(rows) // self.config.pac, -1)

    def _judged(self, packs: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(packs)
        return logits.float()

    def _adam(self, net: nn.Module) -> Adam:
        betas = (self.config.beta1, self.config.beta2)
        return Adam(net.parameters(), lr=self.config.learning_rate, betas=betas, fused=True)

    def _update(self, which: int, loss: Tensor) -> None:
        """One step; gradients are computed for the optimizer's own parameters alone."""
        optimizer = self.optimizers_of[which]
        optimizer.zero_grad()
        parameters = [tensor for group in optimizer.param_groups for tensor in group["params"]]
        loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
        optimizer.step()


def _judge(sizes: Sequence[int]) -> nn.Sequential:
    """Leaky perceptrons with dropout, and one logit."""
    layers = list[nn.Module]()
    for inputs, units in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, units), nn.LeakyReLU(SLOPE), nn.Dropout(DROPOUT)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))
