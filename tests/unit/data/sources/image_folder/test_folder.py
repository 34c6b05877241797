"""Pictures of every kind are read to the values that they show, and what is no picture is refused by its name."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthmix.data.sources.image_folder.loader import load_image_folder
from synthmix.errors import InvalidInput

GREY = (np.arange(64).reshape(8, 8) * 4).astype(np.uint8)
COLOUR = np.stack([GREY, GREY.T, 255 - GREY], axis=2)


def faults(folder: Path, size: int | None = None, labels: str = "auto") -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        load_image_folder(str(folder), size, None, labels)  # type: ignore[arg-type]
    return [line.replace(str(folder), "FOLDER") for line in refusal.value.faults]


def picture(image: Image.Image, path: Path) -> np.ndarray:
    image.save(path)
    return load_image_folder(str(path.parent), None, None, "auto").x[0].numpy()


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_and_colour_come_as_they_are(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{suffix}"
    np.testing.assert_array_equal(picture(Image.fromarray(GREY), file), GREY[None] / np.float32(255))
    colour = picture(Image.fromarray(COLOUR), file)
    np.testing.assert_array_equal(colour, COLOUR.transpose(2, 0, 1) / np.float32(255))


def test_a_jpg_is_near_what_was_saved(tmp_path: Path) -> None:
    smooth = np.linspace(0, 255, 1024).reshape(32, 32).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    (read,) = load_image_folder(str(tmp_path), None, None, "auto").x.numpy()
    assert np.abs(read[0] - smooth / 255).max() < 0.03


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_keep_more_than_eight_would(suffix: str, tmp_path: Path) -> None:
    deep = (np.arange(64).reshape(8, 8) * 1000 + 3).astype(np.uint16)
    read = picture(Image.fromarray(deep), tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(read[0], deep / 65535, atol=1e-6)
    assert len(np.unique(read)) == 64


def test_palettes_are_looked_up_and_what_is_transparent_is_white(tmp_path: Path) -> None:
    two = Image.fromarray((GREY > 100).astype(np.uint8), "P")
    two.putpalette([255, 0, 0, 0, 0, 255])
    read = picture(two, tmp_path / "a.png")
    np.testing.assert_array_equal(read, np.stack([GREY <= 100, np.zeros((8, 8)), GREY > 100]).astype(np.float32))
    half = np.dstack([np.zeros((8, 8, 3), np.uint8), np.where(GREY > 100, 0, 255).astype(np.uint8)])
    np.testing.assert_array_equal(picture(Image.fromarray(half), tmp_path / "a.png")[0], GREY > 100)


def test_a_picture_is_cut_to_its_middle_square_and_averaged(tmp_path: Path) -> None:
    wide = np.zeros((16, 32), np.uint8)
    wide[:, 8:24:2] = 255
    Image.fromarray(wide).save(tmp_path / "a.png")
    read = load_image_folder(str(tmp_path), 8, None, "auto").x.numpy()
    assert read.shape == (1, 1, 8, 8)
    np.testing.assert_allclose(read, 128 / 255, atol=1e-6)


def test_channels_are_those_asked_for_or_three_where_one_picture_has_colour(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    Image.fromarray(COLOUR).save(tmp_path / "b.png")
    mixed, grey = (load_image_folder(str(tmp_path), None, one, "auto").x for one in (None, 1))
    assert (mixed.shape, grey.shape) == ((2, 3, 8, 8), (2, 1, 8, 8))
    assert (mixed[0, 0] == mixed[0, 2]).all()
    luma = COLOUR.astype(np.float64) @ [0.299, 0.587, 0.114] / 255
    np.testing.assert_allclose(grey[1, 0], luma, atol=1e-6)


def test_subfolders_are_labels_unless_they_are_not_to_be(tmp_path: Path) -> None:
    for name in ("dog/x.png", "cat/deep/y.png", "dog/.hidden.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(GREY).save(tmp_path / name)
    dataset = load_image_folder(str(tmp_path), None, None, "auto")
    assert (dataset.y is not None and dataset.y.tolist(), dataset.spec.n_classes) == ([0, 1], 2)
    assert load_image_folder(str(tmp_path), None, None, "none").y is None
    Image.fromarray(GREY).save(tmp_path / "z.png")
    (line,) = faults(tmp_path)
    assert line.startswith("data.labels=auto: z.png of data.path=FOLDER lies in no subfolder (1 such pictures); ")


def text(path: Path) -> None:
    path.write_text("no picture")


def cut(path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(256, size=(32, 32, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:900])


def bomb(path: Path) -> None:
    """A png of 50,000 by 50,000 in 60 bytes; its pixels are never looked for."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b""))


def less_of_a_bomb(path: Path) -> None:
    Image.new("1", (9000, 9000)).save(path)


def pages(path: Path) -> None:
    Image.fromarray(GREY).save(path, format="TIFF", save_all=True, append_images=[Image.fromarray(GREY)])


def real_numbers(path: Path) -> None:
    Image.fromarray(GREY.astype(np.float32)).save(path, format="TIFF")


@pytest.mark.parametrize(
    ("make", "beginning"),
    [
        (text, "is not a png, jpg or tif file"),
        (cut, "is broken (OSError: image file is truncated"),
        (bomb, "unpacks to too many pixels; must be ≤ 67108864"),
        (less_of_a_bomb, "unpacks to 9000×9000 pixels; must be ≤ 67108864"),
        (pages, "holds 2 pictures; must be one"),
        (real_numbers, "holds floating-point numbers; must have 8 or 16 bits a channel"),
    ],
)
def test_a_file_that_is_no_picture_is_named(make: Callable[[Path], None], beginning: str, tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    make(tmp_path / "b.png")
    (line,) = faults(tmp_path)
    assert line.startswith(f"data.path=FOLDER: b.png {beginning}")


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path) == ["data.path=FOLDER: holds no file that ends in .png, .jpg, .jpeg, .tif, .tiff"]
    assert faults(tmp_path / "no") == ["data.path=FOLDER: no such folder"]
    Image.fromarray(GREY).save(tmp_path / "a.png")
    assert faults(tmp_path / "a.png") == ["data.path=FOLDER: is a file, must be a folder"]
    Image.fromarray(COLOUR).resize((9, 8)).save(tmp_path / "b.png")
    sizes = "b.png is 8×9, a.png is 8×8 in data.path=FOLDER"
    assert faults(tmp_path) == [f"data.image_size=null: {sizes}; must be a number from 8 to 64"]
    (tmp_path / "list.txt").touch()
    assert faults(tmp_path) == ["data.path=FOLDER: list.txt must end in .png, .jpg, .jpeg, .tif, .tiff"]


def test_large_pictures_need_a_size(tmp_path: Path) -> None:
    Image.new("L", (100, 100)).save(tmp_path / "a.png")
    (line,) = faults(tmp_path)
    assert line.endswith("are 100×100; must be a number from 8 to 64")
