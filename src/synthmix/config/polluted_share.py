"""Which shares of pollution pollute a point at all. Light: imports no torch."""

from __future__ import annotations

import math
from functools import cache

GOLDEN = (math.sqrt(5) - 1) / 2


@cache
def least_share(n: int) -> float:
    """Every share above this one, and no other, pollutes a place among the first `n`: see `polluted_places`."""
    return min(1 - math.modf(place * GOLDEN)[0] for place in range(n))
