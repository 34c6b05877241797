"""A text as words. Light: imports nothing heavy."""

from __future__ import annotations

import re

WORD = re.compile(r"\w+|[^\w\s]")


def words_of(text: str) -> list[str]:
    """The words and signs of a text, in small letters."""
    return WORD.findall(text.lower())
