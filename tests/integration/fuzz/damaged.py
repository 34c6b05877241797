"""Damaged data files by the thousand in one process: what ends in a traceback, hangs, or takes too much memory.

    python -m tests.integration.fuzz.damaged --cases 2000 --seed 1 > found.json

A sound file of each reader is damaged: bytes are flipped, left out, doubled or moved, it is cut off, it has the ending
of another reader. What `validate` takes for sound, `run` must be able to compute, with no training in it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import resource
import shutil
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from tests.integration.fuzz.run import answer_of, peak_mib

MOST_MEMORY = 3 * 2**30  # bytes of data of this process: an allocation beyond it is a MemoryError, which is found
STRETCHES = (b"\x00" * 8, b"\xff" * 8, b",", b'"', b"\n", b"\r", b"-1", b"1e999", b"9" * 40, b"{}", b"\xc3\x28")
CELL = [
    *(
        "model=duplicate",
        "tracking=none",
        "quality.n_samples=5",
        "clusterer.n_clusters=2",
    ),
    *("data.n_val=5", "data.n_test=5", "tuning=none"),
]
WORDS = ["stone", "river", "cloud", "tree", "house", "garden", "winter", "summer", "engine", "paper"]


@dataclass(frozen=True)
class Sound:
    """A file that can be used, and what has to be said to use it. In a folder, it is one of several."""

    name: str
    content: bytes
    words: tuple[str, ...]
    beside: tuple[tuple[str, bytes], ...] = ()


def sound_files() -> list[Sound]:
    """One for each reader, in each form that it has."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "a": draw.normal(size=40),
            "b": draw.integers(0, 9, 40),
            "c": [f"level {number % 3}" for number in range(40)],
            "d": pd.date_range("2020-01-01", periods=40),
        }
    )
    numbers = draw.normal(size=(40, 3)).astype(np.float32)
    images = draw.integers(0, 255, (40, 8, 8), dtype=np.uint8)
    csv, arff = table.to_csv(index=False).encode(), _arff(numbers)
    files = {
        **{"p.csv": csv, "p.tsv": table.to_csv(index=False, sep="\t").encode(), "p.txt": csv, "p.data": csv},
        **{"p.csv.gz": gzip.compress(csv), "p.csv.zip": _zip({"p.csv": csv}), "p.arff": arff},
        **{"p.parquet": _written(table.to_parquet, index=False), "p.feather": _written(table.to_feather)},
        **{"p.xlsx": _written(table.to_excel, index=False), "p.npy": _written(lambda to: np.save(to, numbers))},
        **{"i.npy": _written(lambda to: np.save(to, images)), "g.arff.gz": gzip.compress(arff)},
        "p.npz": _written(lambda to: np.savez_compressed(to, x=numbers, y=np.arange(40) % 3)),
        "i.npz": _written(lambda to: np.savez(to, x_train=images, y_train=np.arange(40) % 3, x_test=images[:5])),
    }
    found = [Sound(name, content, ("data=table",)) for name, content in files.items()]
    found += [Sound(name, files[name], ("data=table", "data.label_column=y")) for name in ("p.npz",)]
    found += [Sound(name, files[name], ("data=table", "data.missing=impute")) for name in ("p.csv", "p.parquet")]
    told = ("7.json", json.dumps({"target": "c"}).encode())
    openml = (("openml/7.parquet", files["p.parquet"]), (f"openml/{told[0]}", told[1]))
    found += [Sound(name, content, ("data=openml", "data.id=7"), openml) for name, content in openml]
    return [*found, *_pictures(draw), *_documents(draw)]


def _pictures(draw: np.random.Generator) -> Iterator[Sound]:
    grids = draw.integers(0, 255, (30, 9, 9, 3), dtype=np.uint8)
    others = tuple((f"{number}.png", _picture(grids[number], "PNG")) for number in range(1, 30))
    for ending, form in (("png", "PNG"), ("jpg", "JPEG"), ("tif", "TIFF")):
        yield Sound(f"0.{ending}", _picture(grids[0], form), ("data=image_folder",), others)
    palette = io.BytesIO()
    Image.fromarray(grids[0]).convert("P").save(palette, "PNG", transparency=0)
    yield Sound("0.png", palette.getvalue(), ("data=image_folder", "data.image_size=8"), others)


def _documents(draw: np.random.Generator) -> Iterator[Sound]:
    texts = [" ".join(draw.choice(WORDS, 12)) for _ in range(40)]
    documents = {f"{number}.txt": text.encode() for number, text in enumerate(texts)}
    words = ("data=text", "data.n_components=3", "data.max_df=1.0")
    yield Sound("0.txt", documents.pop("0.txt"), words, tuple(documents.items()))
    yield Sound("t.zip", _zip(documents), words)
    column = pd.DataFrame({"text": texts})
    yield Sound("t.csv", column.to_csv(index=False).encode(), (*words, "data.text_column=text"))
    yield Sound("t.parquet", _written(column.to_parquet), (*words, "data.text_column=text"))


def _written(write: Callable[..., Any], **how: Any) -> bytes:
    to = io.BytesIO()
    write(to, **how)
    return to.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return to.getvalue()


def _arff(numbers: np.ndarray[Any, Any]) -> bytes:
    rows = "\n".join(f"{a:.4f},{b:.4f},{'yes' if c > 0 else 'no'}" for a, b, c in numbers)
    head = "@relation p\n@attribute a numeric\n@attribute b real\n@attribute c {yes,no}\n@data\n"
    return (head + rows + "\n").encode()


def _picture(grid: np.ndarray[Any, Any], form: str) -> bytes:
    to = io.BytesIO()
    Image.fromarray(grid).save(to, form)
    return to.getvalue()


KINDS = ["flip", "flip", "flip head", "flip tail", "cut", "cut", "leave out", "double", "put", "end"]
ENDINGS = [
    *(".csv", ".tsv", ".txt", ".data", ".parquet", ".feather", ".arff", ".xlsx", ".npz", ".npy", ".csv.gz", ".csv.zip"),
    *(".gz", ".zip", ".arff.gz", ".npy.gz", ".parquet.zip", ".png", ".jpg", ".tif", ".md", "", ".exe"),
]


def damaged(sound: Sound, draw: random.Random) -> tuple[str, bytes, str]:
    """The file's name and content after a damage, and what was done to it."""
    name, content = sound.name, bytearray(sound.content)
    done = []
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        kind = draw.choice(
            ["flip", "flip", "flip head", "flip tail", "cut", "cut", "leave out", "double", "put", "end"]
        )
        done.append(kind)
        size = len(content)
        place = draw.randrange(size) if size else 0
        if kind.startswith("flip") and size:
            low, high = {"flip head": (0, min(size, 200)), "flip tail": (max(0, size - 200), size)}.get(kind, (0, size))
            for _ in range(draw.choice([1, 1, 2, 8, 50])):
                content[draw.randrange(low, high)] ^= 1 << draw.randrange(8)
        elif kind == "cut":
            del content[draw.choice([0, 1, place, place, max(0, size - 1)]) :]
        elif kind == "leave out":
            del content[place : place + draw.choice([1, 4, 30])]
        elif kind == "double":
            content[place:place] = content[place : place + draw.choice([1, 4, 300])]
        elif kind == "put":
            content[place:place] = draw.choice(STRETCHES)
        elif kind == "end":
            name = f"{name.partition('.')[0]}{draw.choice(ENDINGS)}"
    return name, bytes(content), ", ".join(done)


def fuzz(cases: int, seed: int, first: int = 0) -> dict[str, Any]:
    """Counts how so many damaged files end, from a case on, with those that end badly."""
    sounds = sound_files()
    ends: Counter[str] = Counter()
    bad: list[dict[str, Any]] = []
    slowest = 0.0
    for number in range(first, first + cases):
        draw = random.Random(f"damaged {seed} {number}")
        sound = sounds[number % len(sounds)]
        name, content, done = damaged(sound, draw)
        folder = Path(f"case{number}")
        for file, its in (*sound.beside, (name, content)):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(its)
        place = f"data.path={folder if sound.beside else folder / name}"
        words = [*sound.words, f"data.root={folder}" if "data=openml" in sound.words else place, *CELL]
        start = time.process_time()
        end, told = answer_of(["validate", *words])
        if end == "0":
            end, told = answer_of(["run", *words])
            end = {"0": "0 of run", "2": "2 of run"}.get(end, end)
        slowest = max(slowest, time.process_time() - start)
        ends[end] += 1
        if end in ("0 of run", "2"):
            shutil.rmtree(folder)
        else:  # the file stays, to be looked at
            bad.append({"case": number, "damage": done, "command": " ".join(words), "end": end, "told": told})
            print(json.dumps(bad[-1]), file=sys.stderr, flush=True)
    found = {"seed": seed, "cases": cases, "ends": dict(sorted(ends.items())), "slowest_s": round(slowest, 1)}
    return {**found, "peak_mib": peak_mib(), "bad": bad}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the case to begin with")
    parser.add_argument("--folder", default=".", help="the working folder of the commands")
    given = parser.parse_args()
    os.chdir(given.folder)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    result = fuzz(given.cases, given.seed, given.first)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(1 if result["bad"] else 0)
