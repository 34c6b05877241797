"""What is drawn is random, can be drawn again, and is not known beforehand."""

from __future__ import annotations

import pytest

from synthmix.errors import InvalidInput
from synthmix.recompute.sample import Sample


@pytest.mark.parametrize(
    ("part", "number"), [("5%", 5), ("0.5%", 1), ("100%", 100), ("7", 7), ("1000", 100), ("4.1%", 5)]
)
def test_as_many_are_drawn_as_are_asked_for(part: str, number: int) -> None:
    drawn = Sample.of(part, 3).drawn(range(100))
    assert len(set(drawn)) == len(drawn) == number
    assert drawn == sorted(drawn)


def test_the_seed_that_is_told_draws_the_same() -> None:
    first = Sample.of("10%", None)
    assert f"--sample 10% --seed {first.seed} " in str(first)
    assert Sample.of("10%", first.seed).drawn(range(1000)) == first.drawn(range(1000))


def test_nobody_knows_the_draw_beforehand() -> None:
    assert len({Sample.of("5%", None).seed for _ in range(5)}) > 1


@pytest.mark.parametrize("part", ["0", "0%", "-1", "101%", "many", "", "5 %", "nan%", "1e3"])
def test_what_cannot_be_drawn_is_told(part: str) -> None:
    with pytest.raises(InvalidInput, match=r"^--sample="):
        Sample.of(part, 0)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_has_a_range(seed: int) -> None:
    with pytest.raises(InvalidInput, match=r"^--seed="):
        Sample.of("5%", seed)
