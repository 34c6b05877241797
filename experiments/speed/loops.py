"""Hand-written training loops of the models of conf/model, as somebody would write them who wants them fast.

Tensors in memory, losses on logits, fused Adam, a loss read every 50 steps. They share the nets with synthmix and
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import log, pi
from typing import Any

import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from synthmix.data.base import Dataset
from synthmix.generators.autoencoder.coders import ConvCoders, MlpCoders
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.flow.config import VelocityNetworksConfig
from synthmix.generators.flow.velocity import VelocityNetworks
from synthmix.generators.gan.config import ConvNetworksConfig, MlpNetworksConfig
from synthmix.generators.gan.networks import ConvNetworks, MlpNetworks

Loop = Callable[[Dataset, int], None]
LOG_EVERY = 50
PERCEPTRONS = MlpNetworks(MlpNetworksConfig(hidden=[128, 256]))

D_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "non_saturating": lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
    "least_squares": lambda real, fake: 0.5 * ((real - 1).square().mean() + fake.square().mean()),
    "hinge": lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(),
    "wasserstein": lambda real, fake: fake.mean() - real.mean(),
    "relativistic": lambda real, fake: F.softplus(fake - real).mean(),
}
G_LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "non_saturating": lambda fake: F.softplus(-fake).mean(),
    "least_squares": lambda fake: 0.5 * (fake - 1).square().mean(),
    "hinge": lambda fake: -fake.mean(),
    "wasserstein": lambda fake: -fake.mean(),
    "relativistic": lambda above: F.softplus(-above).mean(),
}


@dataclass(frozen=True)
class Game:
    """The settings of one model; the defaults are those of conf/model/gan.yaml."""

    networks: Any = PERCEPTRONS
    loss: str = "non_saturating"
    penalty: str = "r1_r2"
    updates: int = 1
    latent_dim: int = 64
    batch_size: int = 64
    rates: tuple[float, float] = (2e-4, 2e-4)
    betas: tuple[float, float] = (0.5, 0.999)
    ema: float | None = 0.999


GAMES = {
    "gan": Game(),
    "lsgan": Game(loss="least_squares"),
    "hinge": Game(loss="hinge"),
    "dcgan": Game(
        ConvNetworks(ConvNetworksConfig(width=64)), latent_dim=100, batch_size=32, rates=(1e-3, 1e-4), ema=0.995
    ),
    "sngan": Game(
        MlpNetworks(MlpNetworksConfig(hidden=[128, 256], spectral_norm=True)),
        loss="hinge",
        penalty="none",
        updates=3,
        rates=(1e-3, 1e-4),
        betas=(0.0, 0.9),
    ),
    "wgan_gp": Game(loss="wasserstein", penalty="gradient", updates=5, rates=(2e-4, 0.0), betas=(0.0, 0.9), ema=None),
    "r3gan": Game(
        MlpNetworks(MlpNetworksConfig(hidden=[256, 512])),
        loss="relativistic",
        latent_dim=16,
        batch_size=32,
        rates=(1e-3, 1e-4),
        betas=(0.0, 0.9),
    ),
}


def tuned_gan(game: Game) -> Loop:
    """D's updates, then one of G on the fake points of the last of them."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x * 2 - 1
        net, d = game.networks.build(game.latent_dim, dataset.spec)
        g = nn.Sequential(net, nn.Tanh())
        g_adam = Adam(g.parameters(), game.rates[0], game.betas, fused=True)
        d_adam = Adam(d.parameters(), game.rates[0], game.betas, fused=True)
        d_weights, g_weights = list(d.parameters()), list(g.parameters())
        averages = [weight.detach().clone() for weight in g_weights]
        losses = []
        for number, points in enumerate(minibatches(x, game.batch_size * game.updates, steps), start=1):
            rate = game.rates[0] + (number - 1) / steps * (game.rates[1] - game.rates[0])
            g_adam.param_groups[0]["lr"] = d_adam.param_groups[0]["lr"] = rate
            batches = points.split(game.batch_size)
            for update, real in enumerate(batches, start=1):
                with torch.set_grad_enabled(update == game.updates):
                    fake = g(torch.randn(game.batch_size, game.latent_dim))
                d_loss = judged(d, real, fake.detach(), game)
                d_adam.zero_grad()
                d_loss.backward(inputs=d_weights)
                d_adam.step()
            logits = d(fake) - d(batches[-1]) if game.loss == "relativistic" else d(fake)
            g_loss = G_LOSSES[game.loss](logits)
            g_adam.zero_grad()
            g_loss.backward(inputs=g_weights)
            g_adam.step()
            if game.ema is not None:
                torch._foreach_lerp_(averages, [weight.detach() for weight in g_weights], 1 - game.ema)
            if number % LOG_EVERY == 0:
                losses.append((d_loss.item(), g_loss.item()))

    return train


def judged(d: nn.Module, real: Tensor, fake: Tensor, game: Game) -> Tensor:
    """D's loss with its penalty, of weight 10."""
    if game.penalty != "r1_r2":
        loss = D_LOSSES[game.loss](d(real), d(fake))
        return loss if game.penalty == "none" else loss + 10 * gradient_penalty(d, real, fake)
    points = [real.detach().requires_grad_(), fake.requires_grad_()]
    logits = [d(x) for x in points]
    slopes = torch.autograd.grad(logits[0].sum() + logits[1].sum(), points, create_graph=True)
    return D_LOSSES[game.loss](*logits) + 5 * sum(slope.flatten(1).square().sum(1).mean() for slope in slopes)


def gradient_penalty(d: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """That of WGAN-GP."""
    between = torch.lerp(fake, real, torch.rand(len(real), *[1] * (real.dim() - 1))).requires_grad_()
    (slopes,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).square().mean()


CodingLoss = Callable[[nn.Module, nn.Module, Tensor], Tensor]
MLP, CONV = MlpCoders(MlpCodersConfig(hidden=[128])), ConvCoders(ConvCodersConfig(width=16))


def plain(encoder: nn.Module, decoder: nn.Module, x: Tensor) -> Tensor:
    """Bernoulli likelihood, summed over values, mean over points."""
    return reconstruction(decoder(encoder(x)), x)


def denoising(encoder: nn.Module, decoder: nn.Module, x: Tensor) -> Tensor:
    """Shown x with three tenths of its values masked."""
    return reconstruction(decoder(encoder(x * torch.empty_like(x).bernoulli_(0.7))), x)


def sparse(encoder: nn.Module, decoder: nn.Module, x: Tensor) -> Tensor:
    """Sigmoid units whose mean is to be .05."""
    code = encoder(x).sigmoid()
    mean = code.mean(0).clamp(1e-6, 1 - 1e-6)
    divergence = 0.05 * (0.05 / mean).log() + 0.95 * (0.95 / (1 - mean)).log()
    return reconstruction(decoder(code), x) + divergence.sum()


def variational(encoder: nn.Module, decoder: nn.Module, x: Tensor, beta: float = 1.0) -> Tensor:
    """The negative evidence lower bound."""
    mean, log_variance = encoder(x).chunk(2, dim=1)
    z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum() / len(x)
    return reconstruction(decoder(z), x) + beta * kl


def reconstruction(logits: Tensor, x: Tensor) -> Tensor:
    """Cross-entropy, summed over values, mean over points."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


@dataclass(frozen=True)
class Coding:
    """The settings of one autoencoder."""

    loss: CodingLoss
    latent_dim: int
    batch_size: int
    coders: Any = MLP
    codes: int = 1


CODINGS = {
    "autoencoder": Coding(plain, 32, 256),
    "denoising_autoencoder": Coding(denoising, 32, 256),
    "sparse_autoencoder": Coding(sparse, 64, 256),
    "conv_autoencoder": Coding(plain, 32, 100, CONV),
    "vae": Coding(variational, 16, 100, MLP, 2),
    "beta_vae": Coding(partial(variational, beta=2.0), 16, 100, MLP, 2),
    "conv_vae": Coding(variational, 16, 100, CONV, 2),
}


def tuned_autoencoder(coding: Coding) -> Loop:
    """Any of the above."""

    def train(dataset: Dataset, steps: int) -> None:
        code_size = coding.codes * coding.latent_dim
        encoder, decoder = coding.coders.build(coding.latent_dim, code_size, dataset.spec)
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(dataset.x, coding.batch_size, steps), start=1):
            loss = coding.loss(encoder, decoder, batch)
            descend(adam, loss)
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_flow(width: int = 24, blocks: int = 1, batch_size: int = 64) -> Loop:
    """The velocity net of conf/model/flow_matching.yaml: clipped at 1, an average of weights."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x * 2 - 1 if dataset.spec.kind == "image" else dataset.x
        net = VelocityNetworks(VelocityNetworksConfig(width=width, blocks=blocks)).build(dataset.spec)
        weights = list(net.parameters())
        average = [weight.detach().clone() for weight in weights]
        adam = Adam(weights, 3e-3, fused=True)
        losses = []
        for number, points in enumerate(minibatches(x, batch_size, steps), start=1):
            t = (torch.arange(batch_size) + torch.rand(batch_size)) / batch_size
            noise, at = torch.randn_like(points), t.view(-1, *[1] * (x.dim() - 1))
            loss = F.mse_loss(net(noise + at * (points - noise), t), points - noise)
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            adam.step()
            with torch.no_grad():
                torch._foreach_lerp_(average, weights, 0.005)
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_mixture(n_components: int = 10, batch_size: int = 100, share: float = 0.95, most: int = 40) -> Loop:
    """A Gaussian mixture of diagonal covariance on principal axes, by Adam from the clusters of k-means."""

    def train(dataset: Dataset, steps: int) -> None:
        points = dataset.x.flatten(1).double().numpy()
        axes = PCA(share, svd_solver="covariance_eigh").fit(points)
        z = axes.transform(points)[:, :most]
        clusters = KMeans(n_components, n_init=1, random_state=0).fit(z)
        within = (z - clusters.cluster_centers_[clusters.labels_]).var(0)
        logits = nn.Parameter(torch.zeros(n_components))
        means = nn.Parameter(torch.from_numpy(clusters.cluster_centers_).float())
        spread = torch.from_numpy(within).float().sqrt().expand_as(means)
        scales = nn.Parameter(spread + torch.log(-torch.expm1(-spread)))
        adam = Adam([logits, means, scales], 3e-2, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(torch.from_numpy(z).float(), batch_size, steps), start=1):
            adam.param_groups[0]["lr"] = 3e-2 * (1 - number / steps)
            deviations = 0.03 + F.softplus(scales)
            whitened = (batch[:, None] - means) / deviations
            log_density = -0.5 * whitened.square().sum(2) - deviations.log().sum(1) - 0.5 * z.shape[1] * log(2 * pi)
            loss = -torch.logsumexp(logits.log_softmax(0) + log_density, dim=1).mean()
            descend(adam, loss)
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def readers_vae(coding: Coding) -> Loop:
    """The loop that a reader of the articles would write: DataLoader, plain Adam, sigmoid and cross-entropy."""

    def train(dataset: Dataset, steps: int) -> None:
        d, latent_dim = dataset.x[0].numel(), coding.latent_dim
        encoder = nn.Sequential(nn.Linear(d, 128), nn.ReLU(), nn.Linear(128, 2 * latent_dim))
        decoder = nn.Sequential(nn.Linear(latent_dim, 128), nn.ReLU(), nn.Linear(128, d), nn.Sigmoid())
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=False, foreach=False)
        loader = DataLoader(TensorDataset(dataset.x), batch_size=coding.batch_size, shuffle=True, drop_last=True)
        done = 0
        while done < steps:
            for (images,) in loader:
                x = images.flatten(1)
                mean, log_variance = encoder(x).chunk(2, dim=1)
                z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
                cross_entropy = F.binary_cross_entropy(decoder(z), x, reduction="sum") / len(x)
                kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp()) / len(x)
                loss = cross_entropy + kl
                adam.zero_grad()
                loss.backward()
                adam.step()
                done += 1
                if done == steps:
                    break

    return train


def descend(adam: Adam, loss: Tensor) -> None:
    """One step."""
    adam.zero_grad()
    loss.backward()
    adam.step()


def minibatches(x: Tensor, batch_size: int, steps: int) -> Iterator[Tensor]:
    """Rows of a tensor in memory, a permutation a round."""
    done = 0
    while done < steps:
        order = torch.randperm(len(x))
        for start in range(0, len(x) - batch_size + 1, batch_size):
            yield x[order[start : start + batch_size]]
            done += 1
            if done == steps:
                return
