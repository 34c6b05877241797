"""Hand-written loops of the deep clusterers and of SimCLR, in the manner of loops.py.

They take the nets from synthmix and nothing else, and know no weights of points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from loops import LOG_EVERY, Loop, descend, minibatches
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.optim import Adam

from synthmix.data.base import Dataset
from synthmix.generators.autoencoder.coders import ConvCoders
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig
from synthmix.generators.networks import mlp

BATCH_SIZE = 256


def coders(n_features: int, hidden: Sequence[int], latent_dim: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder."""
    encoder = mlp([n_features, *hidden, latent_dim], nn.ReLU)
    return encoder, mlp([latent_dim, *reversed(hidden), n_features], nn.ReLU)


def tuned_pretraining(*, hidden: Sequence[int], latent_dim: int) -> Loop:
    """An autoencoder by squared error."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x.flatten(1)
        x = x - x.mean(0)
        x = x / x.square().mean().sqrt()
        encoder, decoder = coders(x.shape[1], hidden, latent_dim)
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(x, BATCH_SIZE, steps), start=1):
            loss = F.mse_loss(decoder(encoder(batch)), batch)
            descend(adam, loss)
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_embedding(*, hidden: Sequence[int], latent_dim: int, n_clusters: int, interval: int, decodes: bool) -> Loop:
    """DEC, and IDEC with its decoder: a target of all points every `interval` steps."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x.flatten(1)
        encoder, decoder = coders(x.shape[1], hidden, latent_dim)
        centers = nn.Parameter(torch.randn(n_clusters, latent_dim))
        weights = [*encoder.parameters(), centers, *(decoder.parameters() if decodes else ())]
        adam = Adam(weights, 1e-3, fused=True)
        assigned, target = None, torch.empty(0)
        for number, rows in enumerate(minibatches(torch.arange(len(x)), BATCH_SIZE, steps)):
            if number % interval == 0:
                with torch.no_grad():
                    q = torch.cat([memberships(encoder(part), centers) for part in x.split(2000)])
                    p = q.square() / q.sum(0)
                    target, before, assigned = p / p.sum(1, keepdim=True), assigned, q.argmax(1)
                    if before is not None:
                        (assigned != before).float().mean().item()  # at which it would end
            batch, p = x[rows], target[rows]
            codes = encoder(batch)
            divergence = (p * (p.log() - memberships(codes, centers).log())).sum(1).mean()
            loss = F.mse_loss(decoder(codes), batch) + 0.1 * divergence if decodes else divergence
            descend(adam, loss)

    return train


def memberships(codes: Tensor, centers: Tensor) -> Tensor:
    """Of Student's t with one degree of freedom."""
    kernel = 1 / (1 + (codes[:, None] - centers).square().sum(2))
    return kernel / kernel.sum(1, keepdim=True)


def tuned_vade(*, hidden: Sequence[int], latent_dim: int, n_clusters: int) -> Loop:
    """The bound of VaDE, with the variance of the likelihood that fits a minibatch best."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x.flatten(1)
        trunk = mlp([x.shape[1], *hidden], nn.ReLU).append(nn.ReLU())
        mean_of, log_variance_of = (nn.Linear(hidden[-1], latent_dim) for _ in range(2))
        decoder = coders(x.shape[1], hidden, latent_dim)[1]
        logits, means = nn.Parameter(torch.zeros(n_clusters)), nn.Parameter(torch.randn(n_clusters, latent_dim))
        log_spreads = nn.Parameter(torch.zeros(n_clusters, latent_dim))
        nets = nn.ModuleList([trunk, mean_of, log_variance_of, decoder])
        adam = Adam([*nets.parameters(), logits, means, log_spreads], 1e-3, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(x, BATCH_SIZE, steps), start=1):
            features = trunk(batch)
            mean, log_variance = mean_of(features), log_variance_of(features)
            z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
            fit = 0.5 * batch.shape[1] * (torch.log(2 * math.pi * F.mse_loss(decoder(z), batch)) + 1)
            spreads, prior = log_spreads.exp(), logits.log_softmax(0)
            far = (z[:, None] - means).square() / spreads
            joint = prior - 0.5 * (far + log_spreads + math.log(2 * math.pi)).sum(2)
            log_share = joint.log_softmax(1)
            share = log_share.exp()
            expected = log_spreads + (log_variance.exp()[:, None] + (mean[:, None] - means).square()) / spreads
            kl = 0.5 * (share * expected.sum(2)).sum(1) - 0.5 * (1 + log_variance).sum(1)
            loss = fit + (kl + (share * (log_share - prior)).sum(1)).mean()
            descend(adam, loss)
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_contrastive(latent_dim: int = 64, projection_dim: int = 32, batch_size: int = 64) -> Loop:
    """SimCLR at half the strength: scaled by .8 to 1.2, shifted by an eighth, a quarter cut out, noise of .1."""

    def train(dataset: Dataset, steps: int) -> None:
        encoder, _ = ConvCoders(ConvCodersConfig(width=16)).build(latent_dim, latent_dim, dataset.spec)
        head = nn.Sequential(nn.ReLU(), mlp([latent_dim, latent_dim, projection_dim], nn.ReLU))
        adam = Adam([*encoder.parameters(), *head.parameters()], 1e-3, fused=True)
        itself = torch.eye(2 * batch_size, dtype=torch.bool)
        partner = (torch.arange(2 * batch_size) + batch_size) % (2 * batch_size)
        losses = []
        for number, batch in enumerate(minibatches(dataset.x, batch_size, steps), start=1):
            points = F.normalize(torch.cat([head(encoder(seen(batch))) for _ in range(2)]), dim=1)
            loss = F.cross_entropy((points @ points.T / 0.2).masked_fill(itself, -torch.inf), partner)
            descend(adam, loss)
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def seen(images: Tensor) -> Tensor:
    """A view of each."""
    n, _, height, width = images.shape
    maps = torch.zeros(n, 2, 3)
    maps[:, 0, 0] = maps[:, 1, 1] = 1 / (0.8 + 0.4 * torch.rand(n))
    maps[:, :, 2] = 0.25 * (2 * torch.rand(n, 2) - 1)
    images = F.grid_sample(images, F.affine_grid(maps, list(images.shape), align_corners=False), align_corners=False)
    side = round(0.25 * height)
    top, left = torch.randint(0, height - side + 1, (n, 1)), torch.randint(0, width - side + 1, (n, 1))
    down, across = torch.arange(height), torch.arange(width)
    in_rows, in_columns = (down >= top) & (down < top + side), (across >= left) & (across < left + side)
    images = images * ~(in_rows[:, :, None] & in_columns[:, None, :])[:, None]
    return images + 0.1 * torch.randn_like(images)
