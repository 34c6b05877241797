"""What a GAN's discriminator has learnt to see, as a representation."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synthmix.generators.evaluation import evaluating
from synthmix.generators.gan.model import Gan
from synthmix.representations.discriminator_config import DiscriminatorFeaturesConfig
from synthmix.representations.latent import GeneratorRepresentation

BATCH_SIZE = 1000  # batch size of inference


class DiscriminatorFeatures(GeneratorRepresentation):
    """The features that the last layer of a GAN's discriminator D is given.

    Radford et al. 2016 (DCGAN, section 5.1) classify by D's convolutional features; here they are those of the
    penultimate layer, in evaluation mode. D is trained on the same points as any other representation, against a
    generator G that is thrown away.

    Args:
        config: where and for how long the GAN is trained.
        generator: the GAN; its D must end in a linear layer.
    """

    generator: Gan

    def __init__(self, config: DiscriminatorFeaturesConfig, generator: Gan) -> None:
        super().__init__(config, generator)

    @torch.no_grad()
    def transform(self, x: Tensor) -> NDArray[Any]:
        """Features of points in the range of the data, (N, *shape) → (N, d) float32."""
        gan, found = self.generator, list[Tensor]()
        *_, last = (layer for layer in gan.discriminator.modules() if isinstance(layer, nn.Linear))
        hook = last.register_forward_pre_hook(lambda _, given: found.append(given[0].flatten(1).float().cpu()))
        try:
            with evaluating(gan.discriminator) as judge:
                for block in torch.split(x, BATCH_SIZE):
                    judge(gan.to_net(block).to(gan.device))
        finally:
            hook.remove()
        return torch.cat(found).numpy()
