"""Code of the user's own: what the environment admits, which no config can."""

from __future__ import annotations

import os


def own_prefixes() -> tuple[str, ...]:
    """The packages that SYNTHMIX_ALLOW names, as `synthmix.config.allowlist` reads it."""
    own = os.environ.get("SYNTHMIX_ALLOW", "")
    return tuple(prefix.strip() for prefix in own.split(",") if prefix.strip())
