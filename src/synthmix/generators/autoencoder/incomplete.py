"""A variational autoencoder that is trained on incomplete rows as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.data.base import Dataset, Splits
from synthmix.errors import TrainingDiverged
from synthmix.generators.autoencoder.incomplete_config import IncompleteVaeConfig
from synthmix.generators.mixture.density import GaussianMixtureDensity
from synthmix.generators.mixture.latent import fit_latent_mixture
from synthmix.generators.networks import mlp
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.seeds import derive_seed, generator_for
from synthmix.spec import DataSpec

LEAST_NOISE = 0.01  # of a column: the likelihood of one that is reconstructed exactly is unbounded
MIXTURE_POINTS = 10_000  # rows that the ex-post mixture is fitted on
LATENTS = 50  # by which the mean latent of such a row is estimated
BATCH_VALUES = 4_000_000  # values of a batch of decoded latents


class IncompleteVae(TrainedGenerator):
    """Maximises E log 1/K Σ_k p(x_o | z_k) p(z_k) / q(z_k | x_o) over what is there of each row, z_k ~ q(· | x_o).

    Of K latents that is a lower bound of log p(x_o) (Mattei & Frellsen 2019, MIWAE), of one the evidence lower bound of
    what is there (Nazábal et al. 2020, HI-VAE). The encoder sees the values with 0, the mean of train, in the gaps, and
    beside them which are there; only what is there has a likelihood, Gaussian with a noise that is learnt for each
    column. Values are missing at random where that is the likelihood to maximise.

    It samples z of the ex-post mixture, which is fitted to the rows' mean latents, and of that z a row, which is
    complete. With `data.missing=model` it is trained on rows with their gaps; without, they are complete, or
    filled as learners have them.

    Args:
        config: nets, how they learn, and the ex-post mixture.
    """

    config: IncompleteVaeConfig
    network: nn.ModuleDict

    def __init__(self, config: IncompleteVaeConfig) -> None:
        super().__init__(config)
        self.latent_dim = config.latent_dim
        self.mixture: GaussianMixtureDensity | None = None

    def material(self, splits: Splits) -> Dataset:
        """Train, with its gaps."""
        return splits.incomplete

    def build(self, spec: DataSpec) -> None:
        """Makes encoder, decoder, noise and Adam."""
        size, hidden = spec.size, self.config.hidden
        self.network = nn.ModuleDict({
            "encoder": mlp([2 * size, *hidden, 2 * self.latent_dim], nn.ReLU),
            "decoder": mlp([self.latent_dim, *reversed(hidden), size], nn.ReLU),
            "log_noise": nn.ParameterList([nn.Parameter(torch.zeros(size))]),
        })  # fmt: skip
        self.optimizer = Adam(self.network.parameters(), lr=self.config.learning_rate, fused=True)
        self.mixture = None

    def configure_optimizers(self) -> Optimizer:
        """Adam over encoder, decoder and noise."""
        return self.optimizer

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update on the bound."""
        shape = (self.config.importance_samples, len(batch), self.latent_dim)
        logs, _, _ = self._log_weights(self.network, batch, torch.randn(shape, device=batch.device))
        bound = (logs.logsumexp(0) - math.log(len(logs))).mean()
        self.optimizer.zero_grad()
        (-bound).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return {"loss": -bound.detach()}

    @torch.no_grad()
    def finish(self, x: Tensor) -> None:
        """Fits the ex-post mixture to the mean latent of each row."""
        rng = generator_for(self.seed, "latents")
        found = [
            (logs.softmax(0)[..., None] * latents).sum(0)
            for logs, latents, _ in self._inferred(x[:MIXTURE_POINTS], LATENTS, rng)
        ]
        mean = torch.cat(found)
        if not mean.isfinite().all():
            raise TrainingDiverged(f"{type(self).__name__}: latents are not finite at step {self.steps_done}")
        self.mixture = fit_latent_mixture(
            mean,
            max_components=self.config.mixture_components,
            regularization=self.config.mixture_regularization,
            seed=derive_seed(self.seed, "mixture") % 2**32,
        )

    def unfinish(self) -> None:
        """Drops the ex-post mixture."""
        self.mixture = None

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads the weights, and the ex-post mixture where there is one."""
        if "mixture.means" in state:
            self.mixture = GaussianMixtureDensity.of_state(state, "mixture.")
        super().load_fitted(state)

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Complete points: a latent of the ex-post mixture, or of N(0, I) before there is one, and a row of it."""
        by_prior = torch.randn(n, self.latent_dim, generator=rng)
        z = by_prior if self.mixture is None else self.mixture.sample(n, rng)
        mean: Tensor = self._nets["decoder"](z.to(self.device)).float().cpu()
        return mean + _noise(self._nets).cpu() * torch.randn(mean.shape, generator=rng)

    @torch.no_grad()
    def filled(self, x: Tensor, *, n_latents: int = 1000, seed: int = 0) -> Tensor:
        """Points (N, D) with an estimate of E[x_m | x_o] in place of what is missing, float32.

        It is the decoder's mean over latents of q(z | x_o), each with its importance weight, normalised to a sum of 1
        (Mattei & Frellsen 2019, section 3.2).
        """
        inferred = self._inferred(x.float(), n_latents, generator_for(seed, "filling"))
        guess = torch.cat([(logs.softmax(0)[..., None] * means).sum(0) for logs, _, means in inferred])
        return torch.where(x.isnan(), guess, x.float())

    def _inferred(self, x: Tensor, k: int, rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """What `_log_weights` gives of the trained nets, by batches, on the CPU."""
        for part in torch.split(x, max(1, BATCH_VALUES // (k * x.shape[1]))):
            noise = torch.randn(k, len(part), self.latent_dim, generator=rng).to(self.device)
            logs, latents, means = self._log_weights(self._nets, part.to(self.device), noise)
            yield logs.cpu(), latents.cpu(), means.cpu()

    @property
    def _nets(self) -> nn.ModuleDict:
        nets = self.sampler
        assert isinstance(nets, nn.ModuleDict)
        return nets

    def _log_weights(self, nets: nn.ModuleDict, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """log p(x_o | z) p(z) / q(z | x_o) of K latents of each of N points: (K, N), (K, N, L), and means (K, N, D).

        They are those of the noise ε ~ N(0, I), (K, N, L).
        """
        there = ~x.isnan()
        values = torch.where(there, x, 0.0)
        mean, log_variance = nets["encoder"](torch.cat([values, there.to(x.dtype)], dim=1)).float().chunk(2, dim=1)
        z = mean + noise * (0.5 * log_variance).exp()
        out = nets["decoder"](z).float()
        deviation = _noise(nets)
        of_values = -0.5 * ((values - out) / deviation).square() - deviation.log() - 0.5 * math.log(2 * math.pi)
        likelihood = torch.where(there, of_values, 0.0).sum(-1)
        prior_over_posterior = 0.5 * (noise.square() - z.square() + log_variance).sum(-1)
        return likelihood + prior_over_posterior, z, out


def _noise(nets: nn.ModuleDict) -> Tensor:
    """The standard deviation of each value about the decoder's mean, (D,)."""
    (log_noise,) = nets["log_noise"].parameters()
    return LEAST_NOISE + log_noise.exp()
