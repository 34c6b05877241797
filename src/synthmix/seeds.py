"""Independent random streams from one seed: nothing draws from a global generator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed for one purpose, e.g. ``derive_seed(3, "pool", 0)``.

    A hash keeps the streams of neighbouring seeds and purposes unrelated, which ``seed + 1`` does not.
    """
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def pool_seed(seed: int) -> int:
    """Seed of the one synthetic pool that all ratios of a cell's seed share."""
    return derive_seed(seed, "synthetic pool")


def generator_for(seed: int, *purpose: str | int) -> torch.Generator:
    """A CPU generator for one purpose. Noise is drawn on the CPU, so that every device sees the same."""
    import torch

    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


@contextmanager
def isolated_rng(seed: int) -> Iterator[None]:
    """Torch's global generators start from `seed` inside the block and are as before after it.

    Needed where a library offers no generator argument (weight initialisation, dropout).
    """
    import torch

    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
