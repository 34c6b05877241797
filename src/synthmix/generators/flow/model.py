"""Flow matching: a velocity field that carries noise to the data, learnt by regression."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import clip_grad_norm_
from torch.optim import Adam, Optimizer

from synthmix.generators.evaluation import evaluating
from synthmix.generators.flow.config import FlowMatchingConfig
from synthmix.generators.flow.ode import Velocity, integrate
from synthmix.generators.ranges import rescaled
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.spec import DataSpec

NET_RANGE = (-1.0, 1.0)


class Networks(Protocol):
    """Makes v: points (N, *shape) and times (N,) → velocities (N, *shape)."""

    def build(self, spec: DataSpec) -> nn.Module: ...  # noqa: D102


class FlowMatching(TrainedGenerator):
    """Minimises E ‖v(x_t, t) − (x₁ − x₀)‖² / D; sampled by solving dx/dt = v(x, t) from noise at t = 0 to t = 1.

    x_t = (1 − t) x₀ + t x₁ with x₀ ~ N(0, I), x₁ a point of D values and t ~ U(0, 1), all independent (Lipman et al.
    2023 with σ_min = 0; Liu et al. 2023; the independent coupling of Tong et al. 2024). The times of a minibatch are
    one in each of its equal parts of [0, 1], which leaves the mean what it is and takes from its variance (Kingma et
    al. 2021). Data in a bounded range is mapped to [−1, 1], and samples are clipped to the range.

    Args:
        config: how the flow is solved and the net learns.
        networks: makes v.
    """

    config: FlowMatchingConfig

    def __init__(self, config: FlowMatchingConfig, networks: Networks) -> None:
        super().__init__(config)
        self.networks = networks

    def build(self, spec: DataSpec) -> None:
        """Makes the net and Adam."""
        self.network = self.networks.build(spec)
        self.weights = list(self.network.parameters())  # once: going through the modules takes a while at each step
        self.optimizer = Adam(self.weights, lr=self.config.learning_rate, fused=True)

    def configure_optimizers(self) -> Optimizer:
        """Adam over the net."""
        return self.optimizer

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """One update on the loss, its gradient clipped."""
        points = self.to_net(batch)
        times = (torch.arange(len(points), device=self.device) + torch.rand(len(points), device=self.device)) / len(
            points
        )
        loss = flow_matching_loss(self.network, torch.randn_like(points), points, times)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_grad_norm_(self.weights, self.config.max_gradient_norm)
        self.optimizer.step()
        return {"loss": loss.detach(), "gradient_norm": norm}

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Carries noise along the flow, to the range of the data."""
        noise = torch.randn(n, *self.spec.shape, generator=rng)
        with evaluating(self.sampler) as sampler:
            solver, evaluations = self.config.solver, self.config.evaluations
            points = integrate(sampler, noise.to(self.device), solver=solver, evaluations=evaluations)
        return self.from_net(points.float().cpu())

    def to_net(self, x: Tensor) -> Tensor:
        """Maps the data's range to [−1, 1]."""
        return rescaled(x, self.spec.value_range, NET_RANGE)

    def from_net(self, x: Tensor) -> Tensor:
        """Maps [−1, 1] to the data's range, and clips to it."""
        if self.spec.value_range is None:
            return x
        return rescaled(x, NET_RANGE, self.spec.value_range).clamp(*self.spec.value_range)


def flow_matching_loss(velocity: Velocity, noise: Tensor, points: Tensor, times: Tensor) -> Tensor:
    """mean ‖v((1 − t) x₀ + t x₁, t) − (x₁ − x₀)‖² / D of noise x₀ and points x₁ (N, ...) at times t (N,)."""
    at = times.view(-1, *[1] * (points.dim() - 1))
    found = velocity(torch.lerp(noise, points, at), times)
    return F.mse_loss(found.float(), points - noise)
