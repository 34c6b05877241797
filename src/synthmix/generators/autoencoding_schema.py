"""Schemas of the autoencoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.generators.base_schema import TrainedSchema
from synthmix.schema import Count, Member, NonNegative, Positive


@dataclass(kw_only=True)
class AutoencoderSchema(TrainedSchema):
    """Encoder, decoder and the ex-post mixture on their latent."""

    _target_: Literal["synthmix.generators.autoencoding.Autoencoder"]
    networks: Member
    latent_dim: Count
    likelihood: Literal["auto", "bernoulli", "gaussian"]
    mixture_components: Count
    mixture_regularization: Positive

    def faults(self, cell: Any) -> Iterator[str]:
        """A Bernoulli likelihood needs values in a bounded range; a mixture needs points."""
        yield from self.networks.faults(cell)
        if self.likelihood == "bernoulli" and cell.outline.spec.value_range is None:
            yield f"model.likelihood=bernoulli: data.name={cell.data.name} has no bounds; allowed: auto, gaussian"
        if cell.data.n_train == 1:
            yield f"data.n_train=1: must be ≥ 2 for the ex-post mixture of model.name={self.name}"


@dataclass(kw_only=True)
class VaeSchema(AutoencoderSchema):
    """A variational one."""

    _target_: Literal["synthmix.generators.autoencoding.Vae"]  # type: ignore[assignment]
    beta: NonNegative
    latent_density: Literal["prior", "mixture"]
