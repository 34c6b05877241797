"""A user's own pictures as a data set."""

from __future__ import annotations

from typing import Literal

import torch

from synthmix.data.base import Dataset, assemble
from synthmix.data.sources.image_folder.config import pictures_spec
from synthmix.data.sources.image_folder.folder import Labels, read_pictures


def load_image_folder(path: str, image_size: int | None, channels: Literal[1, 3] | None, labels: Labels) -> Dataset:
    """The pictures of a folder: float32 in [0, 1], (N, C, H, W), sorted by path; no official test set.

    Args:
        path: of the folder.
        image_size: pixels of a side; None takes the pictures as they are.
        channels: 1 for grey, 3 for colour; None is 1 where all pictures are grey.
        labels: folders, none, or auto for folders where every picture lies in one of several.

    Raises:
        InvalidInput: as `read_pictures`, with the file that is wrong.
    """
    pictures = read_pictures(path, image_size, channels, labels)
    # Copied, as tensors can be written to and the pictures are shared by all who read them.
    known = None if pictures.labels is None else torch.tensor(pictures.labels)
    return assemble(pictures_spec(pictures), torch.tensor(pictures.values), known)
