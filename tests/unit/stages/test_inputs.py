"""A stage can read what it declares and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

import pytest

from synthmix.stages.inputs import Inputs, Undeclared


@dataclass
class Mix:
    ratio: float = 1.0
    synthetic_weight: float = 0.5


@dataclass
class Config:
    seed: int = 3
    threads: int = 1
    mix: Mix = field(default_factory=Mix)
    hidden: list[int] = field(default_factory=lambda: [128, 256])


def plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def test_the_key_has_what_is_declared_and_nothing_else() -> None:
    assert Inputs(Config(), ["seed", "mix.ratio"]).hashed(plain) == {"seed": 3, "mix": {"ratio": 1.0}}
    assert Inputs(Config(), ["mix", "hidden"]).hashed(plain) == {
        "mix": {"ratio": 1.0, "synthetic_weight": 0.5},
        "hidden": [128, 256],
    }


def test_what_is_declared_can_be_read() -> None:
    inputs = Inputs(Config(), ["seed", "mix.ratio"])
    assert (inputs.seed, inputs.mix.ratio) == (3, 1.0)
    assert Inputs(Config(), ["mix"]).mix == Mix()


@pytest.mark.parametrize("key", ["threads", "hidden", "nothing"])
def test_another_key_is_an_error_that_names_it(key: str) -> None:
    with pytest.raises(Undeclared, match=f"^{key} is not declared by this stage; declared: seed, mix.ratio$"):
        getattr(Inputs(Config(), ["seed", "mix.ratio"]), key)


def test_so_is_another_key_of_a_node_of_which_a_part_is_declared() -> None:
    with pytest.raises(Undeclared, match=r"mix\.synthetic_weight is not declared"):
        _ = Inputs(Config(), ["seed", "mix.ratio"]).mix.synthetic_weight


def test_what_no_result_depends_on_can_be_read_and_is_in_no_key() -> None:
    inputs = Inputs(Config(), ["seed"], unhashed=["threads", "mix.ratio"])
    assert (inputs.threads, inputs.mix.ratio, inputs.hashed(plain)) == (1, 1.0, {"seed": 3})
