"""Colours of a study's pictures."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from synthmix.plots.arms import styles
from synthmix.plots.palette import GREYS, SEQUENCE, colours, for_letters


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [*SEQUENCE, "0.6", "0.2"])
def test_letters_in_a_colour_can_be_read_on_white(colour: str) -> None:
    assert 1.05 / (luminance(for_letters(colour)) + 0.05) >= 4.5


def test_generators_are_never_grey() -> None:
    assert not set(colours(20, greys=False)) & set(GREYS)
    assert set(colours(10)) == set(SEQUENCE)


def test_arms_of_one_role_differ_in_mark_or_colour() -> None:
    roles = {"generator": 6, "placebo": 2, "control": 4, "oracle": 1}
    arms = [{"arm": f"{role} {number}", "role": role} for role, count in roles.items() for number in range(count)]
    looks = styles(pd.DataFrame(arms))
    assert len({(look.colour, look.marker, str(look.line)) for look in looks.values()}) == len(arms)
    assert next(iter(looks)) == "generator 0"
    assert list(looks)[-1] == "oracle 0"
