"""A variational autoencoder that knows columns: TVAE (Xu et al. 2019, Modeling tabular data using conditional GAN)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.generators.autoencoder.losses import gaussian_kl
from synthmix.generators.networks import mlp
from synthmix.generators.tabular.columns import TableColumns
from synthmix.generators.tabular.config import TvaeConfig
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec

DEVIATIONS = (0.01, 1.0)  # least and greatest of the noise of a place within a mode


class Tvae(TrainedGenerator):
    """Minimises −w E_q log p(x | z) + KL(q(z | x) ‖ N(0, I)), with a likelihood for each column by itself.

    A number is a mode of its column, with a softmax head, and a place within the mode, Gaussian about a tanh head with
    a noise that is learnt for each column; a level has a softmax head. Modes are drawn anew in each step by their
    probability. It samples z ~ N(0, I), then each column of its head: levels are drawn and not the likeliest ones, as a
    table of the likeliest has too few rare ones. Numbers stay in the range of train.

    Args:
        config: nets, modes and how they learn.
    """

    config: TvaeConfig
    network: nn.ModuleDict

    def __init__(self, config: TvaeConfig) -> None:
        super().__init__(config)
        self.latent_dim = config.latent_dim

    def build(self, spec: DataSpec) -> None:
        """Makes encoder, decoder and Adam."""
        self.columns = TableColumns(spec, self.config.max_modes)
        size, hidden = self.columns.n_values, self.config.hidden
        noise = nn.ParameterList([nn.Parameter(0.1 * torch.ones(len(self.columns.numbers.starts)))])
        self.network = nn.ModuleDict({
            "encoder": mlp([size, *hidden, 2 * self.latent_dim], nn.ReLU),
            "decoder": mlp([self.latent_dim, *reversed(hidden), size], nn.ReLU),
            "noise": noise,
        })  # fmt: skip
        self.optimizer = Adam(self.network.parameters(), lr=self.config.learning_rate, fused=True)

    def start(self, x: Tensor) -> None:
        """Finds modes and levels."""
        self.columns.fit(x, derive_seed(self.seed, "modes") % 2**32)

    def configure_optimizers(self) -> Optimizer:
        """Adam over encoder, decoder and noise."""
        return self.optimizer

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update on the objective."""
        mode, place, levels = self.columns.encode(batch)
        encoded = self.columns.as_input(mode, place, levels)
        mean, log_variance = self.network["encoder"](encoded).float().chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        found, modes, known = self.columns.heads(self.network["decoder"](z).float())
        reconstruction = -modes.gather(2, mode[..., None]).sum()
        for logs, level in zip(known, levels, strict=True):
            reconstruction = reconstruction - logs.gather(1, level[:, None]).sum()
        noise = self._noise(self.network)
        of_place = 0.5 * ((place - found) / noise).square() + noise.log()
        within = mode < self.config.max_modes  # an atom has no places
        reconstruction = (reconstruction + (of_place * within).sum()) / len(batch)
        kl = gaussian_kl(mean, log_variance)
        loss = self.config.reconstruction_weight * reconstruction + kl
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        losses = {"loss": loss, "reconstruction_loss": reconstruction, "kl": kl}
        return {name: value.detach() for name, value in losses.items()}

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Each column of its head, given a latent of the prior."""
        nets = self.sampler
        assert isinstance(nets, nn.ModuleDict)
        z = torch.randn(n, self.latent_dim, generator=rng)
        out = nets["decoder"](z.to(self.device)).float().cpu()
        place, modes, known = self.columns.cpu().heads(out)
        mode = torch.multinomial(modes.exp().flatten(0, 1), 1, generator=rng).view(place.shape)
        levels = [torch.multinomial(logs.exp(), 1, generator=rng)[:, 0] for logs in known]
        noise = self._noise(nets).cpu() * torch.randn(place.shape, generator=rng)
        points = self.columns.decode(mode, place + noise, levels)
        return points.reshape(n, *self.spec.shape)

    @staticmethod
    def _noise(nets: nn.ModuleDict) -> Tensor:
        """The standard deviation of a place within a mode, (J,)."""
        (noise,) = nets["noise"].parameters()
        return noise.clamp(*DEVIATIONS)
