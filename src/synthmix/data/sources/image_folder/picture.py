"""One picture from a file, whatever its mode. Light: imports no torch."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "TIFF")
MOST_PIXELS = 2**26  # of a file: 8192×8192; a few bytes can unpack to many more
OPAQUE = (255, 255, 255, 255)  # what is transparent shows white
GREY = ("1", "L")
TRANSPARENT = ("LA", "PA", "RGBA", "RGBa")


def read_picture(file: Path, image_size: int | None) -> NDArray[np.float32]:
    """The picture in a file, float32, (H, W, 1) of a grey one and (H, W, 3) of any other, from 0 to 1.

    Palettes are looked up, what is transparent lies on white, 16 bits a pixel are divided by 65535, and a picture
    that a camera has turned is turned back.

    Args:
        file: a png, jpg or tif.
        image_size: pixels of a side of the middle square, scaled with a filter that averages; None keeps what is there.

    Raises:
        ValueError: what is wrong with it, as the end of a sentence that begins with its name.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is a lower one
            with Image.open(file, formats=FORMATS) as image:
                _refuse(image)
                image.load()
                turned = ImageOps.exif_transpose(image)
    except _Unusable:
        raise
    except UnidentifiedImageError as error:
        raise ValueError("is not a png, jpg or tif file") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"unpacks to too many pixels; must be ≤ {MOST_PIXELS}") from error
    except Exception as error:  # Pillow's readers raise anything on damaged bytes
        raise ValueError(f"is broken ({type(error).__name__}: {str(error).partition(chr(10))[0]})") from error
    return _values(_squared(_plain(turned), image_size))


def is_grey(picture: NDArray[np.float32]) -> bool:
    """Whether a picture has one channel."""
    return bool(picture.shape[2] == 1)


class _Unusable(ValueError):
    """A picture that can be read and not used."""


def _refuse(image: Image.Image) -> None:
    """Raises _Unusable, from the header alone, before any pixel is unpacked."""
    if image.width * image.height > MOST_PIXELS:
        raise _Unusable(f"unpacks to {image.width}×{image.height} pixels; must be ≤ {MOST_PIXELS}")
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # a photograph with its previews
        raise _Unusable(f"holds {frames} pictures; must be one")
    if image.mode == "F":
        raise _Unusable("holds floating-point numbers; must have 8 or 16 bits a channel")


def _plain(image: Image.Image) -> Image.Image:
    """The picture in mode L, RGB or F, the last one for 16 bits and from 0 to 255."""
    if image.mode.startswith("I"):
        numbers = np.asarray(image).astype(np.float32)
        if numbers.min() < 0 or numbers.max() > 65535:
            raise ValueError("holds numbers of more than 16 bits; must have 8 or 16 bits a channel")
        return Image.fromarray(numbers / np.float32(257))
    if image.mode in TRANSPARENT or "transparency" in image.info:
        over = image.convert("RGBA")
        on_white = Image.alpha_composite(Image.new("RGBA", over.size, OPAQUE), over)
        return on_white.convert("L" if image.mode in ("LA", *GREY) else "RGB")
    return image.convert("L" if image.mode in GREY else "RGB")


def _squared(image: Image.Image, image_size: int | None) -> Image.Image:
    if image_size is None or image.size == (image_size, image_size):
        return image
    return ImageOps.fit(image, (image_size, image_size), Image.Resampling.BOX)


def _values(image: Image.Image) -> NDArray[np.float32]:
    values: NDArray[np.float32] = (np.asarray(image, dtype=np.float32) / np.float32(255)).clip(0, 1)
    return values[:, :, None] if values.ndim == 2 else values
