"""Colours that people with colour vision deficiencies can tell apart too."""

from __future__ import annotations

from itertools import cycle, islice

from matplotlib.colors import to_hex, to_rgb

# Petroff, "Accessible color sequences for data visualization", arXiv 2107.02270.
SEQUENCE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
GREYS = ("#94a4a2", "#717581")
REAL, SYNTHETIC = SEQUENCE[0], SEQUENCE[6]
INK = "0.25"  # of lines and letters that are not data
DIVERGING = "PuOr"  # ColorBrewer: safe for all common deficiencies, and white in the middle


def colours(count: int, *, greys: bool = True) -> list[str]:
    """`count` colours, the greys among them or not; they repeat, so that what they mark must bear its name as well."""
    return list(islice(cycle(colour for colour in SEQUENCE if greys or colour not in GREYS), count))


def for_letters(colour: str) -> str:
    """The colour, so dark that letters in it can be read on white."""
    red, green, blue = to_rgb(colour)
    shade = min(1.0, 0.42 / (0.299 * red + 0.587 * green + 0.114 * blue + 1e-9))
    return to_hex((red * shade, green * shade, blue * shade))
