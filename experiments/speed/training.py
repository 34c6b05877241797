"""Training through synthmix against hand-written loops: CPU time a step, one thread, medians of paired repetitions.

Run: python experiments/speed/training.py [--data DIR] [--repetitions 5] [--only "digits gan"]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import torch
from pytorch_lightning.loggers import Logger
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from synthmix import load_dataset, make_generator
from synthmix.data.base import Dataset
from synthmix.generators.trainer import TrainerOptions
from synthmix.generators.velocity import VelocityNetworks

Loop = Callable[[Dataset, int], None]
LATENT, LOG_EVERY = 64, 50


class MemoryLogger(Logger):
    """Keeps losses: what is measured is the training, not MLflow's database."""

    name, version = "memory", "0"

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[tuple[int | None, dict[str, float]]] = []

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.losses.append((step, dict(metrics)))

    def log_hyperparams(self, *args: object, **kwargs: object) -> None: ...


def ours(name: str, precision: str = "32-true", **options: object) -> Loop:
    """The generator of conf/model/<name>.yaml, trained by its own `fit`."""

    def train(dataset: Dataset, steps: int) -> None:
        generator = make_generator(name, steps=steps, **options)
        generator.finish = lambda x: None  # the ex-post mixture is no part of the training loop
        generator.fit(dataset, seed=0, logger=MemoryLogger(), options=TrainerOptions(precision=precision))

    return train


def minibatches(x: Tensor, batch_size: int, steps: int):
    """Rows of a tensor in memory, a permutation a round."""
    done = 0
    while done < steps:
        order = torch.randperm(len(x))
        for start in range(0, len(x) - batch_size + 1, batch_size):
            yield x[order[start : start + batch_size]]
            done += 1
            if done == steps:
                return


def tuned_gan(hidden: list[int], batch_size: int, gamma: float | None = None) -> Loop:
    """Tensors in memory, losses on logits, one backward through the generator, fused Adam.

    Where γ is given, also R1 and R2 on the points that are judged anyway, and a moving average of G's weights.
    """

    def mlp(sizes: list[int]) -> nn.Sequential:
        layers: list[nn.Module] = []
        for a, b in pairwise(sizes):
            layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers[:-1])

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x.flatten(1) * 2 - 1
        g = nn.Sequential(mlp([LATENT, *hidden, x.shape[1]]), nn.Tanh())
        d = mlp([x.shape[1], *reversed(hidden), 1])
        g_adam = Adam(g.parameters(), 2e-4, (0.5, 0.999), fused=True)
        d_adam = Adam(d.parameters(), 2e-4, (0.5, 0.999), fused=True)
        averages = [p.detach().clone() for p in g.parameters()]
        losses = []
        for number, real in enumerate(minibatches(x, batch_size, steps), start=1):
            fake = g(torch.randn(batch_size, LATENT))
            if gamma is None:
                d_loss = F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean()
            else:
                points = [real.requires_grad_(), fake.detach().requires_grad_()]
                logits = [d(judged) for judged in points]
                slopes = torch.autograd.grad(logits[0].sum() + logits[1].sum(), points, create_graph=True)
                d_loss = F.softplus(-logits[0]).mean() + F.softplus(logits[1]).mean()
                d_loss = d_loss + 0.5 * gamma * sum(slope.square().sum(1).mean() for slope in slopes)
            d_adam.zero_grad()
            d_loss.backward(inputs=list(d.parameters()))
            d_adam.step()
            d.requires_grad_(False)
            g_loss = F.softplus(-d(fake)).mean()
            g_adam.zero_grad()
            g_loss.backward()
            g_adam.step()
            if gamma is not None:
                torch._foreach_lerp_(averages, [p.detach() for p in g.parameters()], 1 - 0.999)
            d.requires_grad_(True)
            if number % LOG_EVERY == 0:
                losses.append((d_loss.item(), g_loss.item()))

    return train


def tuned_autoencoder(latent_dim: int, batch_size: int, variational: bool) -> Loop:
    """784-128-latent and back, Bernoulli likelihood on logits, fused Adam."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x.flatten(1)
        d = x.shape[1]
        encoder = nn.Sequential(nn.Linear(d, 128), nn.ReLU(), nn.Linear(128, latent_dim * (1 + variational)))
        decoder = nn.Sequential(nn.Linear(latent_dim, 128), nn.ReLU(), nn.Linear(128, d))
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(x, batch_size, steps), start=1):
            z, kl = encoder(batch), 0.0
            if variational:
                mean, log_variance = z.chunk(2, dim=1)
                z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
                kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum() / len(batch)
            loss = F.binary_cross_entropy_with_logits(decoder(z), batch, reduction="sum") / len(batch) + kl
            adam.zero_grad()
            loss.backward()
            adam.step()
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_denoising_autoencoder(latent_dim: int, batch_size: int, level: float) -> Loop:
    """The autoencoder above, shown x with a share `level` of its values masked."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x.flatten(1)
        d = x.shape[1]
        encoder = nn.Sequential(nn.Linear(d, 128), nn.ReLU(), nn.Linear(128, latent_dim))
        decoder = nn.Sequential(nn.Linear(latent_dim, 128), nn.ReLU(), nn.Linear(128, d))
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(x, batch_size, steps), start=1):
            seen = batch * torch.empty_like(batch).bernoulli_(1 - level)
            logits = decoder(encoder(seen))
            loss = F.binary_cross_entropy_with_logits(logits, batch, reduction="sum") / len(batch)
            adam.zero_grad()
            loss.backward()
            adam.step()
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_conv_vae(latent_dim: int, batch_size: int, width: int) -> Loop:
    """28-14-7 by convolutions of 4×4 and stride 2, and back, Bernoulli likelihood on logits, fused Adam."""

    def train(dataset: Dataset, steps: int) -> None:
        small = (2 * width, 7, 7)
        encoder = nn.Sequential(
            *(nn.Conv2d(1, width, 4, 2, 1), nn.ReLU(), nn.Conv2d(width, 2 * width, 4, 2, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(98 * width, 2 * latent_dim)),
        )
        decoder = nn.Sequential(
            *(nn.Linear(latent_dim, 98 * width), nn.ReLU(), nn.Unflatten(1, small)),
            *(nn.ConvTranspose2d(2 * width, width, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(width, 1, 4, 2, 1)),
        )
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=True)
        losses = []
        for number, batch in enumerate(minibatches(dataset.x, batch_size, steps), start=1):
            mean, log_variance = encoder(batch).chunk(2, dim=1)
            z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
            kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum() / len(batch)
            loss = F.binary_cross_entropy_with_logits(decoder(z), batch, reduction="sum") / len(batch) + kl
            adam.zero_grad()
            loss.backward()
            adam.step()
            if number % LOG_EVERY == 0:
                losses.append(loss.item())

    return train


def tuned_flow(width: int, blocks: int, batch_size: int) -> Loop:
    """The velocity net of conf/model/flow_matching.yaml in a loop of its own: fused Adam, clipped at 1, an average."""

    def train(dataset: Dataset, steps: int) -> None:
        x = dataset.x * 2 - 1 if dataset.spec.kind == "image" else dataset.x
        net = VelocityNetworks(width, blocks).build(dataset.spec)
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


def readers_vae(latent_dim: int, batch_size: int) -> Loop:
    """The loop that a reader of the articles would write: DataLoader, plain Adam, sigmoid and cross-entropy."""

    def train(dataset: Dataset, steps: int) -> None:
        d = dataset.x[0].numel()
        encoder = nn.Sequential(nn.Linear(d, 128), nn.ReLU(), nn.Linear(128, 2 * latent_dim))
        decoder = nn.Sequential(nn.Linear(latent_dim, 128), nn.ReLU(), nn.Linear(128, d), nn.Sigmoid())
        adam = Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=False, foreach=False)
        loader = DataLoader(TensorDataset(dataset.x), batch_size=batch_size, shuffle=True, drop_last=True)
        done = 0
        while done < steps:
            for (images,) in loader:
                x = images.flatten(1)
                mean, log_variance = encoder(x).chunk(2, dim=1)
                z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
                reconstruction = F.binary_cross_entropy(decoder(z), x, reduction="sum") / len(x)
                kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp()) / len(x)
                loss = reconstruction + kl
                adam.zero_grad()
                loss.backward()
                adam.step()
                done += 1
                if done == steps:
                    break

    return train


def compare(
    label: str, dataset: Dataset, steps: int, mine: Loop, reference: Loop, bound: str, repetitions: int
) -> None:
    """Runs both in turn and prints one row: medians of CPU time a step and the median of the paired ratios."""
    for loop in (mine, reference):
        loop(dataset, steps // 5)
    pairs = [(_cpu(mine, dataset, steps), _cpu(reference, dataset, steps)) for _ in range(repetitions)]
    first, second = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"| {label} | {first:.3f} | {second:.3f} | {ratio:.2f} | {bound} |", flush=True)


def _cpu(loop: Loop, dataset: Dataset, steps: int) -> float:
    start = time.process_time()
    loop(dataset, steps)
    return (time.process_time() - start) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None, help="folder of the data sets")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    given = parser.parse_args()
    torch.set_num_threads(1)
    mnist, digits = load_dataset("mnist", root=given.data).take(slice(0, 20000)), load_dataset("digits")
    vae = {"networks": {"hidden": [128]}, "latent_dim": 16, "batch_size": 256}
    print("| training | ours, ms a step | reference | ratio ours / reference | bound |")
    print("|---|---:|---:|---:|---|")

    def row(label: str, data: Dataset, steps: int, mine: Loop, reference: Loop, bound: str) -> None:
        if given.only in label:
            compare(label, data, steps, mine, reference, bound, given.repetitions)

    plain = {"penalty": "none", "ema_decay": None}
    row(
        "MNIST gan without penalty, tuned loop",
        mnist,
        500,
        ours("gan", batch_size=256, **plain),
        tuned_gan([128, 256], 256),
        "≤ 1.05",
    )
    row("MNIST gan, tuned loop", mnist, 500, ours("gan", batch_size=256), tuned_gan([128, 256], 256, 10.0), "≤ 1.10")
    row("MNIST vae, tuned loop", mnist, 500, ours("vae", **vae), tuned_autoencoder(16, 256, True), "≤ 1.05")
    autoencoder = ours("autoencoder", batch_size=256)
    row("MNIST autoencoder, tuned loop", mnist, 500, autoencoder, tuned_autoencoder(32, 256, False), "≤ 1.05")
    denoising = ours("denoising_autoencoder", batch_size=256)
    masked = tuned_denoising_autoencoder(32, 256, 0.3)
    row("MNIST denoising_autoencoder, tuned loop", mnist, 500, denoising, masked, "≤ 1.10")
    conv = ours("conv_vae", latent_dim=16, batch_size=100, networks={"width": 16})
    row("MNIST conv_vae, tuned loop", mnist, 300, conv, tuned_conv_vae(16, 100, 16), "≤ 1.10")
    small = {"networks": {"hidden": [128, 128]}}
    row(
        "digits gan without penalty, tuned loop",
        digits,
        3000,
        ours("gan", **small, **plain),
        tuned_gan([128, 128], 64),
        "≤ 1.10",
    )
    row("digits gan, tuned loop", digits, 3000, ours("gan", **small), tuned_gan([128, 128], 64, 10.0), "≤ 1.10")
    flow = ours("flow_matching", batch_size=64)
    row("MNIST flow_matching, hand-written loop", mnist, 50, flow, tuned_flow(24, 1, 64), "≤ 1.10")
    row("digits flow_matching, hand-written loop", digits, 300, flow, tuned_flow(24, 1, 64), "≤ 1.10")
    row("MNIST vae, reader's loop", mnist, 500, ours("vae", **vae), readers_vae(16, 256), "≤ 0.77 (1.3 × faster)")
    bf16 = ours("vae", precision="bf16-mixed", **vae)
    row("MNIST vae in bf16, itself in fp32", mnist, 500, bf16, ours("vae", **vae), "≤ 0.59 (1.7 × faster)")


if __name__ == "__main__":
    main()
