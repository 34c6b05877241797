"""The seed that a `random_state` stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState

from synthmix.errors import InvalidInput

LARGEST_SEED = 2**32 - 1


def seed_of(given: Any) -> int:
    """A seed from 0 to 2^32 - 1: the one given, one that a RandomState draws, or a fresh one for None.

    Raises:
        InvalidInput: it is none of these.
    """
    if given is None or isinstance(given, RandomState):
        return int((given or RandomState()).randint(LARGEST_SEED, dtype=np.uint32))
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 0 <= given <= LARGEST_SEED:
        allowed = f"a whole number from 0 to {LARGEST_SEED}, a RandomState or None"
        raise InvalidInput(f"random_state={given!r}: must be {allowed}")
    return int(given)
