"""Writes pictures of three kinds of CIFAR-10 as png files, a folder for each kind: python export.py FOLDER [N]."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from synthmix import load_dataset

KINDS = {0: "airplane", 6: "frog", 9: "truck"}


def main(folder: Path, n: int) -> None:
    """The first `n` pictures of each kind in the training set, in colour, 32 × 32."""
    dataset = load_dataset("cifar10")
    assert dataset.y is not None
    pixels = np.rint(dataset.x.numpy() * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    for kind, name in KINDS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in (dataset.y == kind).nonzero()[:n, 0].tolist():
            Image.fromarray(pixels[number]).save(folder / name / f"{number:05}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
