"""The blind test of a page: pictures, and a key that cannot be read at a glance."""

from __future__ import annotations

import base64
import io
import random
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from synthmix.report.samples import Samples
from synthmix.spec import DataSpec

N_PICTURES = 20


def blind_test(study: str, samples: Samples) -> dict[str, Any]:
    """What the page asks about an arm: half of its pictures are real, in a seeded order.

    Args:
        study: its name.
        samples: of the arm.

    Returns:
        `study`, `arm`, `pictures` (PNG as data URIs) and `key`, in base64 a byte for each picture: one that has an odd
        number of ones is of a real picture.
    """
    draw = random.Random(f"{study} {samples.arm}")  # noqa: S311  no secret
    half = N_PICTURES // 2
    real = _drawn(samples.real, half, draw)
    shown = [(True, point) for point in real] + [(False, point) for point in samples.synthetic[:half]]
    draw.shuffle(shown)
    key = bytes(_byte(is_real, draw) for is_real, _ in shown)
    return {
        "study": study,
        "arm": samples.arm,
        "pictures": [_png(point, samples.spec) for _, point in shown],
        "key": base64.b64encode(key).decode(),
    }


def _drawn(points: Tensor, n: int, draw: random.Random) -> list[Tensor]:
    return [points[place] for place in draw.sample(range(len(points)), min(n, len(points)))]


def _byte(is_real: bool, draw: random.Random) -> int:
    byte = draw.randrange(256)
    return byte if byte.bit_count() % 2 == is_real else byte ^ 1


def _png(point: Tensor, spec: DataSpec) -> str:
    """An image (C, H, W) as a data URI. Real and synthetic ones are clipped and rounded alike."""
    low, high = spec.value_range or (0.0, 1.0)
    shades = ((point - low) / (high - low)).clip(0, 1).mul(255).round().byte().movedim(0, 2).numpy()
    content = io.BytesIO()
    Image.fromarray(shades[:, :, 0] if shades.shape[2] == 1 else np.ascontiguousarray(shades)).save(content, "png")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
