"""`contrastive`: SimCLR on small images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from synthmix.data.base import Dataset
from synthmix.errors import TrainingDiverged
from synthmix.generators.autoencoder.coders import ConvCoders
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig
from synthmix.generators.networks import mlp
from synthmix.generators.options import TrainerOptions
from synthmix.generators.ranges import rescaled
from synthmix.generators.training.minibatches import MinibatchOrder
from synthmix.generators.training.trainer import Stepwise, run_training
from synthmix.representations.contrastive.augmentation import view
from synthmix.representations.contrastive.config import ContrastiveConfig
from synthmix.seeds import derive_seed, isolated_rng
from synthmix.spec import DataSpec

BATCH_SIZE = 2000  # batch size of inference
UNIT = (0.0, 1.0)


class ContrastiveRepresentation:
    """SimCLR: what an encoder must see to tell two views of one image from those of all others (Chen et al. 2020).

    The encoder is that of the convolutional autoencoder; the projection head, whose output the loss sees, is thrown
    away. The number of updates is that of the config, whatever the number of points.

    Args:
        config: the views, the nets and how they learn.
    """

    def __init__(self, config: ContrastiveConfig) -> None:
        self.config = config
        self.options = TrainerOptions(
            accelerator=config.accelerator, precision=config.precision, limit_steps=config.limit_steps
        )

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Trains the encoder on `dataset.x`.

        Raises:
            TrainingDiverged: the loss is not finite.
        """
        self._prepare(dataset.spec, seed)
        self.module.learn(rescaled(dataset.x.float(), dataset.spec.value_range, UNIT), seed, self.options)
        return self

    @torch.no_grad()
    def transform(self, x: Tensor) -> NDArray[Any]:
        """What the encoder puts out, before the projection head, (N, *shape) → (N, latent_dim) float32."""
        blocks = torch.split(rescaled(x, self.spec.value_range, UNIT), BATCH_SIZE)
        return torch.cat([self.module.encoder(block).float() for block in blocks]).numpy()

    def state(self) -> dict[str, Any]:
        """The spec of the data, and the weights."""
        return {"spec": asdict(self.spec), "weights": self.module.state_dict()}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up the weights of a finished training."""
        self._prepare(DataSpec(**state["spec"]), seed=0)
        self.module.load_state_dict(state["weights"])
        return self

    def _prepare(self, spec: DataSpec, seed: int) -> None:
        self.spec = spec
        with isolated_rng(derive_seed(seed, "weights")):
            self.module = SimClr(self.config, spec).eval()


class SimClr(Stepwise):
    """Encoder, projection head and Adam.

    Args:
        config: the views, the nets and how they learn.
        spec: of the images.
    """

    images: Tensor

    def __init__(self, config: ContrastiveConfig, spec: DataSpec) -> None:
        super().__init__()
        self.config, self.automatic_optimization = config, False  # a Lightning batch is a block of many updates
        coders = ConvCoders(ConvCodersConfig(width=config.width))
        self.encoder, _ = coders.build(config.latent_dim, config.latent_dim, spec)
        self.head = nn.Sequential(
            nn.ReLU(), mlp([config.latent_dim, config.latent_dim, config.projection_dim], nn.ReLU)
        )
        self.optimizer = Adam(self.parameters(), lr=config.learning_rate, fused=True)

    def learn(self, images: Tensor, seed: int, options: TrainerOptions) -> None:
        """Trains both nets on images in [0, 1], and leaves them in evaluation mode on the CPU."""
        self.steps_done, self.last_step = 0, min(self.config.steps, options.limit_steps or self.config.steps)
        self.register_buffer("images", images, persistent=False)
        order = MinibatchOrder(len(images), self.config.batch_size, derive_seed(seed, "order"))
        with isolated_rng(derive_seed(seed, "training")):
            run_training(self.train(), order, options, None, ())
        self.cpu().eval()
        del self.images

    def configure_optimizers(self) -> Optimizer:
        """Adam over both nets."""
        return self.optimizer

    def training_step(self, block: Tensor, _: int) -> None:
        """Runs the updates whose row numbers `block`, (k, batch_size), holds."""
        for rows in block:
            images = self.images.index_select(0, rows)
            first, second = (self._projected(images) for _ in range(2))
            loss = contrastive_loss(first, second, rows, self.config.temperature)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.steps_done += 1
        if not math.isfinite(value := loss.item()):
            raise TrainingDiverged(f"contrastive: the loss is {value} at step {self.steps_done}")
        self.trainer.should_stop = self.steps_done == self.last_step

    def _projected(self, images: Tensor) -> Tensor:
        projected: Tensor = self.head(self.encoder(view(images, self.config.augment, self.config.strength)))
        return projected.float()


def contrastive_loss(first: Tensor, second: Tensor, rows: Tensor, temperature: float) -> Tensor:
    """NT-Xent: the cross-entropy of finding the other view of an image among all views (Chen et al. 2020, equation 1).

    Views of one image are no negatives of each other where it stands in the minibatch more than once, as images do
    where there are fewer of them than that.

    Args:
        first: a view of each image, projected, (B, d).
        second: another one, likewise.
        rows: which image each is, (B,).
        temperature: τ, by which cosines are divided.
    """
    n, both = len(rows), rows.repeat(2)
    points = F.normalize(torch.cat([first, second]), dim=1)
    places = torch.arange(2 * n, device=rows.device)
    partner = (places + n) % (2 * n)
    left_out = both[:, None] == both[None, :]
    left_out[places, partner] = False
    return F.cross_entropy((points @ points.T / temperature).masked_fill(left_out, -torch.inf), partner)
