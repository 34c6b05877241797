"""Colours that people with colour vision deficiencies can tell apart too."""

from __future__ import annotations

from itertools import cycle, islice

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
REAL, SYNTHETIC = SEQUENCE[0], SEQUENCE[6]
INK = "0.25"  # of lines and letters that are not data


def colours(count: int) -> list[str]:
    """`count` colours; they repeat after ten, so that what they mark must bear its name as well."""
    return list(islice(cycle(SEQUENCE), count))
