"""Config of `data=image_folder`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from synthmix.config.data import DataConfig
from synthmix.config.schema import Range
from synthmix.data.sources.image_folder.folder import MAX_SIDE, MIN_SIDE, Pictures, read_pictures
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent


def pictures_spec(pictures: Pictures) -> DataSpec:
    """The spec of pictures that were read."""
    _, *shape = pictures.values.shape
    return DataSpec("image_folder", "image", tuple(shape), (0.0, 1.0), pictures.n_classes)


@dataclass(kw_only=True, frozen=True)
class ImageFolderConfig(DataConfig):
    """A folder of the user's.

    Attributes:
        path: of the folder; must be given.
        image_size: pixels of a side; the middle square of each picture is scaled to it. null takes the pictures as they
            are, which must then be of one size.
        channels: 1 for grey, 3 for colour; null is 1 where all pictures are grey.
        labels: folders takes the name of the subfolder that a picture lies in, none takes no labels; auto is folders
            where there are several and every picture lies in one. For scoring only.
    """

    _target_: str = "synthmix.data.sources.image_folder.loader.load_image_folder"
    name: str = "image_folder"
    path: str | None = None
    image_size: Annotated[int, Range(low=MIN_SIDE, high=MAX_SIDE)] | None = None
    channels: Literal[1, 3] | None = None
    labels: Literal["auto", "folders", "none"] = "auto"

    def extent(self) -> Extent:
        """Reads every picture, so that what is wrong with one is known before any training."""
        if self.path is None:
            raise InvalidInput("data.path=null: must name a folder of png, jpg or tif files")
        pictures = read_pictures(self.path, self.image_size, self.channels, self.labels)
        return Extent(pictures_spec(pictures), n_points=len(pictures.values))
