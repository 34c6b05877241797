"""Solves dx/dt = v(x, t) from t = 0 to 1 in equal steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Velocity = Callable[[Tensor, Tensor], Tensor]  # points (N, ...) and their times (N,) to velocities (N, ...)
Solver = Literal["euler", "midpoint", "heun"]
EVALUATIONS_PER_STEP: dict[Solver, int] = {"euler": 1, "midpoint": 2, "heun": 2}


def integrate(velocity: Velocity, x: Tensor, *, solver: Solver, evaluations: int) -> Tensor:
    """Takes points from t = 0 to t = 1.

    With h the length of a step, euler takes x + h v(x, t) (order 1), midpoint x + h v(x + h/2 v(x, t), t + h/2) and
    heun x + h/2 (v(x, t) + v(x + h v(x, t), t + h)) (both order 2).

    Args:
        velocity: v.
        x: points at t = 0, (N, ...).
        solver: euler, midpoint or heun.
        evaluations: of v; two a step for midpoint and heun, so an even number.

    Returns:
        The points at t = 1, (N, ...).

    Raises:
        ValueError: `evaluations` is no multiple of those of a step.
    """
    steps, rest = divmod(evaluations, EVALUATIONS_PER_STEP[solver])
    if rest or not steps:
        raise ValueError(
            f"evaluations={evaluations}: must be a positive multiple of {EVALUATIONS_PER_STEP[solver]} for {solver}"
        )
    h = 1 / steps

    def v(x: Tensor, t: float) -> Tensor:
        return velocity(x, torch.full((len(x),), t, device=x.device))

    for number in range(steps):
        t = number * h
        slope = v(x, t)
        if solver == "midpoint":
            slope = v(x + h / 2 * slope, t + h / 2)
        elif solver == "heun":
            slope = (slope + v(x + h * slope, t + h)) / 2
        x = x + h * slope
    return x
