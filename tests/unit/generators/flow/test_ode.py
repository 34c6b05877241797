"""Solvers against solutions in closed form: what each is exact for, and how its error shrinks."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from synthmix.generators.flow.ode import EVALUATIONS_PER_STEP, Solver, Velocity, integrate

SOLVERS = pytest.mark.parametrize("solver", list(EVALUATIONS_PER_STEP))
X = torch.linspace(-2, 3, 8, dtype=torch.float64).view(4, 2)


def along(t: Tensor) -> Tensor:
    return t.double()[:, None]


def end(velocity: Velocity, solver: Solver, evaluations: int) -> Tensor:
    return integrate(velocity, X, solver=solver, evaluations=evaluations)


@SOLVERS
def test_a_constant_velocity_is_followed_exactly_in_one_step(solver: Solver) -> None:
    shift = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    moved = end(lambda x, t: shift.expand_as(x), solver, EVALUATIONS_PER_STEP[solver])
    torch.testing.assert_close(moved, X + shift)


@pytest.mark.parametrize(("solver", "distance"), [("euler", 0.75), ("midpoint", 1.0), ("heun", 1.0)])
def test_a_velocity_that_grows_with_time_is_followed_exactly_by_the_second_order(
    solver: Solver, distance: float
) -> None:
    # dx/dt = 2t leads 1 further; the left ends of four steps add up to ¼ (0 + ½ + 1 + 3/2).
    moved = end(lambda x, t: 2 * along(t).expand_as(x), solver, 4 * EVALUATIONS_PER_STEP[solver])
    torch.testing.assert_close(moved, X + distance)


@pytest.mark.parametrize(("solver", "factor"), [("euler", 2), ("midpoint", 4), ("heun", 4)])
@pytest.mark.parametrize("field", ["linear", "in time too"])
def test_the_error_shrinks_with_the_order_of_the_solver(solver: Solver, factor: int, field: str) -> None:
    # dx/dt = −1.5 x ends in x e^−1.5, and dx/dt = 3 t² x in x e.
    velocity, exact = {
        "linear": (lambda x, t: -1.5 * x, X * math.exp(-1.5)),
        "in time too": (lambda x, t: 3 * along(t).square() * x, X * math.e),
    }[field]
    steps = 64 * EVALUATIONS_PER_STEP[solver]
    coarse, fine = ((end(velocity, solver, count) - exact).abs().max() for count in (steps, 2 * steps))
    assert float(coarse / fine) == pytest.approx(factor, rel=0.1)


@SOLVERS
@pytest.mark.parametrize("evaluations", [2, 12])
def test_the_velocity_is_evaluated_as_often_as_asked_and_within_the_unit_of_time(
    solver: Solver, evaluations: int
) -> None:
    times = []

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        assert t.shape == (len(x),)
        times.append(t.unique().item())
        return x

    end(velocity, solver, evaluations)
    assert len(times) == evaluations
    assert times[0] == 0
    assert max(times) <= 1


@pytest.mark.parametrize(("solver", "evaluations"), [("midpoint", 5), ("heun", 1), ("euler", 0)])
def test_a_part_of_a_step_is_refused(solver: Solver, evaluations: int) -> None:
    with pytest.raises(ValueError, match=f"evaluations={evaluations}: must be a positive multiple"):
        end(lambda x, t: x, solver, evaluations)
