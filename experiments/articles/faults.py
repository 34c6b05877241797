"""What each fault of the articles' listings does to a GAN's samples: `python experiments/articles/faults.py`.

One loop in plain torch, the nets of article 001 (128-128), digits in [-1, 1]; each fault changes one thing of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu

from synthmix.api import load_dataset
from synthmix.data.split import split
from synthmix.plots.palette import INK
from synthmix.quality.frechet import Moments
from synthmix.quality.neighbours import precision_recall_density_coverage
from synthmix.quality.two_sample import c2st

FOLDER = Path(__file__).parent
SEEDS = range(3)
N_TRAIN, STEPS, BATCH, LATENT, RATE = 900, 2000, 128, 100, 2e-4
AXES = 16  # principal axes of val that samples are judged on
SHOWN = 8

Loss = Callable[[Tensor, Tensor], Tensor]  # of the logits of real and of fake points


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the two nets are trained.

    Attributes:
        title: in table and picture.
        of_discriminator: its loss.
        of_generator: likewise.
        noise_for_images: whether noise stands in place of the real points.
        own_samples_are_real: whether each step of the generator also shows its samples to the discriminator as real.
        one_after_the_other: whether all steps of the discriminator come before all of the generator.
        generator_learns: whether gradients reach the generator.
    """

    title: str
    of_discriminator: Loss
    of_generator: Loss
    noise_for_images: bool = False
    own_samples_are_real: bool = False
    one_after_the_other: bool = False
    generator_learns: bool = True


def is_real(logits: Tensor, real: float) -> Tensor:
    """The cross-entropy of having said so."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, real))


def right(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss of Goodfellow et al. 2014."""
    return is_real(real, 1.0) + is_real(fake, 0.0)


def non_saturating(real: Tensor, fake: Tensor) -> Tensor:
    """The generator's."""
    return is_real(fake, 1.0)


def turned(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss with the wrong sign."""
    return -right(real, fake)


def all_real(real: Tensor, fake: Tensor) -> Tensor:
    """The label of a real point for real and fake ones."""
    return is_real(real, 1.0) + is_real(fake, 1.0)


def twice_squashed(real: Tensor, fake: Tensor) -> Tensor:
    """The right loss of a probability that is taken for a logit."""
    return right(real.sigmoid(), fake.sigmoid())


TRAININGS = (
    Training(title="as it should be", of_discriminator=right, of_generator=non_saturating),
    Training(
        title="000: all steps of D, then all of G",
        of_discriminator=right,
        of_generator=non_saturating,
        one_after_the_other=True,
    ),
    Training(
        title="001: noise in place of images",
        of_discriminator=right,
        of_generator=non_saturating,
        noise_for_images=True,
    ),
    Training(title="001: D's sign turned", of_discriminator=turned, of_generator=non_saturating),
    Training(title="001: fakes are labelled real", of_discriminator=all_real, of_generator=non_saturating),
    Training(
        title="001: G's samples as real images",
        of_discriminator=right,
        of_generator=non_saturating,
        own_samples_are_real=True,
    ),
    Training(title="002: G minimises D's loss", of_discriminator=right, of_generator=right),
    Training(
        title="003: one loss, of probabilities as logits",
        of_discriminator=twice_squashed,
        of_generator=twice_squashed,
    ),
    Training(
        title="004: samples drawn outside the tape",
        of_discriminator=right,
        of_generator=non_saturating,
        generator_learns=False,
    ),
)


class Net(nn.Module):
    """Two hidden layers of 128."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n_in, 128), nn.Linear(128, 128), nn.Linear(128, n_out)])

    def forward(self, x: Tensor) -> Tensor:
        """(N, n_in) → (N, n_out), without an activation at the end."""
        for layer in self.layers[:-1]:
            x = leaky_relu(layer(x), 0.2)
        found: Tensor = self.layers[-1](x)
        return found


class Gan:
    """Both nets in training."""

    def __init__(self, training: Training, images: Tensor, seed: int) -> None:
        torch.manual_seed(seed)
        self.training, self.images = training, images
        self.generator, self.discriminator = Net(LATENT, images.shape[1]), Net(images.shape[1], 1)
        self.of_g = torch.optim.Adam(self.generator.parameters(), lr=RATE)
        self.of_d = torch.optim.Adam(self.discriminator.parameters(), lr=RATE)

    def sample(self, n: int) -> Tensor:
        """Points, (n, D), in [-1, 1]."""
        points: Tensor = self.generator(torch.randn(n, LATENT)).tanh()
        return points

    def train(self) -> None:
        """As many steps of either net."""
        steps_of_d, steps_of_g = [self.step_of_d] * STEPS, [self.step_of_g] * STEPS
        together = (step for both in zip(steps_of_d, steps_of_g, strict=True) for step in both)
        for step in (*steps_of_d, *steps_of_g) if self.training.one_after_the_other else together:
            step()

    def step_of_d(self) -> None:
        """One step of the discriminator."""
        fake = self.sample(BATCH).detach()
        self._descend(self.of_d, self.training.of_discriminator(self._judged_real(), self.discriminator(fake)))

    def step_of_g(self) -> None:
        """One step of the generator."""
        fake = self.sample(BATCH)
        if self.training.own_samples_are_real:
            self._descend(self.of_d, is_real(self.discriminator(fake.detach()), 1.0))
        if self.training.generator_learns:
            self._descend(self.of_g, self.training.of_generator(self._judged_real(), self.discriminator(fake)))

    def _judged_real(self) -> Tensor:
        real = self.images[torch.randint(len(self.images), (BATCH,))]
        if self.training.noise_for_images:
            real = torch.rand_like(real) * 2 - 1
        logits: Tensor = self.discriminator(real)
        return logits

    @staticmethod
    def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def judged(sample: Tensor, val: Tensor) -> dict[str, float]:
    """Of points (N, D) beside as many real ones that nothing has seen, on principal axes of these."""
    mean = val.mean(dim=0)
    axes = torch.linalg.svd(val - mean, full_matrices=False).Vh[:AXES]
    real, made = (((points - mean) @ axes.T).double() for points in (val, sample))
    shares = precision_recall_density_coverage(real, made)
    distance = Moments.of(real).distance(Moments.of(made))
    return {
        "fd_pca": distance,
        "precision": shares["precision"],
        "recall": shares["recall"],
        "coverage": shares["coverage"],
        "c2st": c2st(real, made),
    }


def measured() -> tuple[pd.DataFrame, Mapping[str, Tensor]]:
    """A row for each training and seed, and samples of the first seed."""
    digits, rows, shown = load_dataset("digits"), [], {}
    for seed in SEEDS:
        splits = split(digits, seed=seed, n_train=N_TRAIN, n_val=None, n_test=None, n_reserve=0).unlabelled()
        train, val = (2 * part.x.flatten(1) - 1 for part in (splits.train, splits.test))
        rows.append({"training": "real points", "seed": seed} | judged(train[: len(val)], val))
        shown.setdefault("real points", train)
        for training in TRAININGS:
            gan = Gan(training, train, seed)
            gan.train()
            with torch.no_grad():
                sample = gan.sample(len(val))
            rows.append({"training": training.title, "seed": seed} | judged(sample, val))
            shown.setdefault(training.title, sample)
    return pd.DataFrame(rows), shown


def picture(shown: Mapping[str, Tensor]) -> Figure:
    """A row of points for each training."""
    figure = Figure(figsize=(8.4, 0.62 * len(shown)), layout="constrained")
    for place, (title, points) in enumerate(shown.items()):
        side = int(points.shape[1] ** 0.5)
        axes = figure.add_subplot(len(shown), 1, place + 1)
        row = torch.nn.functional.pad(points[:SHOWN].view(-1, side, side), (0, 1), value=1.0)
        axes.imshow(row.permute(1, 0, 2).reshape(side, -1).numpy(), cmap="gray", vmin=-1, vmax=1)
        axes.set_ylabel(title, rotation=0, ha="right", va="center", color=INK, fontsize=9)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return figure


def main() -> None:
    torch.set_num_threads(1)
    found, shown = measured()
    found.to_csv(FOLDER / "faults.csv", index=False, float_format="%.4f")
    scores = found.drop(columns="seed").groupby("training", sort=False).agg(["mean", "std"])
    sys.stdout.write(scores.round(3).to_string() + "\n")
    picture(shown).savefig(FOLDER / "faults.png", dpi=130, bbox_inches="tight")


if __name__ == "__main__":
    main()
