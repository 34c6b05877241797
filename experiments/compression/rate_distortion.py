"""Rate against distortion on MNIST, real points alone: codecs of the task, PCA with one step for all axes, and JPEG.

Run: python experiments/compression/rate_distortion.py [--data DIR] [--seeds 1] [--jobs 2]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from sklearn.decomposition import PCA
from torch import Tensor

from synthmix import load_dataset
from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split
from synthmix.metric import HeldOut
from synthmix.plots.palette import colours
from synthmix.seeds import derive_seed
from synthmix.tasks.compression.coding import SymbolFrequencies
from synthmix.tasks.compression.learners.neural import AutoencoderCodec
from synthmix.tasks.compression.learners.vector_quantisation import VectorQuantisation
from synthmix.tasks.compression.metrics import METRICS
from synthmix.tasks.compression.task import Compression
from synthmix.tasks.compression.task_config import CompressionConfig

HERE = Path(__file__).parent
SIZES = (300, 3000)
HELD_OUT = 1000  # points of val and of test
LATENTS, AXES, BITS = (16, 32), (8, 16, 32, 64), (2, 3, 4, 5, 6)
PARTS, STEPS, HIDDEN = (14, 28), (500, 3000), (256,)
COMPONENTS, WIDTHS = 200, np.geomspace(0.1, 4, 12)
QUALITIES = (1, 5, 10, 15, 20, 30, 40, 60, 80)
RATES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
Array = NDArray[np.float64]
Row = dict[str, Any]


@dataclass
class Fitted:
    """A codec that is trained once and quantised at many numbers of bits."""

    codec: Any

    def fit(self, X: Array) -> Fitted:
        return self

    def transform(self, X: Array) -> Any:
        return self.codec.transform(X)

    def inverse_transform(self, Z: Array) -> Any:
        return self.codec.inverse_transform(Z)


def scores(task: Compression, splits: Splits) -> Row:
    """Rate and PSNR on val, by which settings are chosen, and on test."""
    row: Row = {}
    for name, part in (("val", splits.val), ("test", splits.test)):
        x = part.x[:HELD_OUT]
        held_out = HeldOut(task.outputs(x.flatten(1).numpy()), x, None, 0)
        row |= {f"{name}_bits": METRICS["bits_per_dimension"].score(held_out)}
        row |= {f"{name}_psnr": METRICS["psnr"].score(held_out)}
    return row


def autoencoder(splits: Splits, latents: int, seed: int) -> AutoencoderCodec:
    """As many steps as give the least loss on val, which knows no label."""
    train, val = splits.train.x.flatten(1).numpy(), splits.val.x[:HELD_OUT].flatten(1).numpy()
    tried = [
        AutoencoderCodec(
            latents, hidden=HIDDEN, steps=steps, spec=splits.train.spec, random_state=derive_seed(seed, "codec") % 2**32
        ).fit(train)
        for steps in STEPS
    ]
    return min(tried, key=lambda codec: float(np.square(val - codec.inverse_transform(codec.transform(val))).mean()))


def pca(splits: Splits, latents: int, seed: int) -> PCA:
    return PCA(latents, random_state=derive_seed(seed, "codec") % 2**32).fit(splits.train.x.flatten(1).double().numpy())


def of_codec(make: Callable[[Splits, int, int], Any], sizes: Sequence[int], splits: Splits, seed: int) -> Iterator[Row]:
    for latents in sizes:
        codec = make(splits, latents, seed)
        for bits in BITS:
            task = Compression(CompressionConfig(bits=bits), estimator=Fitted(codec), spec=splits.train.spec)
            task.fit(splits.train.x.flatten(1).numpy(), None, seed)
            yield {"latents": latents, "setting": bits, **scores(task, splits)}


def of_codebooks(splits: Splits, seed: int) -> Iterator[Row]:
    for parts in PARTS:
        for bits in BITS[:3]:
            task = Compression(
                CompressionConfig(bits=bits), estimator=VectorQuantisation(parts), spec=splits.train.spec
            )
            yield {
                "latents": parts,
                "setting": bits,
                **scores(task.fit(splits.train.x.flatten(1).numpy(), None, seed), splits),
            }


def of_one_step(splits: Splits, seed: int) -> Iterator[Row]:
    """Transform coding: principal axes, one step for all, alphabets as long as the range of train on each axis."""
    train = splits.train.x.flatten(1).double().numpy()
    axes = PCA(min(COMPONENTS, len(train) - 1), svd_solver="full").fit(train)
    latents = axes.transform(train)
    for width in WIDTHS:
        symbols = np.round(latents / width).astype(int)
        low, high = symbols.min(axis=0), symbols.max(axis=0)
        levels = high - low + 1
        books = [
            SymbolFrequencies.fit((s - a)[:, None], None, n) for s, a, n in zip(symbols.T, low, levels, strict=True)
        ]
        row: Row = {"latents": int((levels > 1).sum()), "setting": round(float(width), 4)}
        for name, part in (("val", splits.val), ("test", splits.test)):
            x = part.x[:HELD_OUT].flatten(1).double().numpy()
            sent = np.round(axes.transform(x) / width).astype(int).clip(low, high)
            columns = zip(books, (sent - low).T, strict=True)
            bits = sum(book.code_length(column[:, None]) for book, column in columns)
            error = np.square(x - axes.inverse_transform(sent * width).clip(0, 1)).mean()
            row |= {f"{name}_bits": bits.mean() / x.shape[1], f"{name}_psnr": -10 * np.log10(error)}
        yield row


def payload(file: bytes) -> int:
    """Bytes of a JPEG file's one scan: without tables and headers before it, and the mark of the end."""
    start = file.index(b"\xff\xda")
    header = int.from_bytes(file[start + 2 : start + 4], "big")
    return len(file) - (start + 2 + header) - 2


def of_jpeg(splits: Splits) -> Iterator[Row]:
    """Each quality, with the bits of the scan alone and with those of the whole file."""
    for quality in QUALITIES:
        of_parts = {
            name: of_images(part.x[:HELD_OUT], quality) for name, part in (("val", splits.val), ("test", splits.test))
        }
        for number, codec in enumerate(("JPEG", "JPEG with headers")):
            row: Row = {"codec": codec, "latents": 0, "setting": quality}
            for name, (sizes, psnr) in of_parts.items():
                row |= {f"{name}_bits": sizes[number], f"{name}_psnr": psnr}
            yield row


def of_images(x: Tensor, quality: int) -> tuple[tuple[float, float], float]:
    """Mean bits a pixel of scan and file, and PSNR, of images (N, 1, H, W) in [0, 1]."""
    scans, files, errors = [], [], []
    for pixels in (x[:, 0] * 255).round().byte().numpy():
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        scans.append(payload(buffer.getvalue()))
        files.append(len(buffer.getvalue()))
        errors.append(np.square((np.asarray(Image.open(buffer), dtype=float) - pixels) / 255).mean())
    bits = 8 / x[0].numel()
    return (bits * float(np.mean(scans)), bits * float(np.mean(files))), -10 * float(np.log10(np.mean(errors)))


def front(rows: pd.DataFrame) -> pd.DataFrame:
    """The settings than which no other has, on val, both a lower rate and a higher PSNR."""
    rows = rows.sort_values("val_bits")
    return rows[rows["val_psnr"] > rows["val_psnr"].cummax().shift(fill_value=-np.inf)]


def at_rates(rows: pd.DataFrame) -> dict[str, float]:
    """PSNR on test at `RATES`, linear between the settings of the front; NaN where the front does not reach."""
    kept = front(rows).sort_values("test_bits")
    found = np.interp(RATES, kept["test_bits"], kept["test_psnr"], left=np.nan, right=np.nan)
    return dict(zip(map(str, RATES), found, strict=True))


def picture(table: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    names = list(table["codec"].unique())
    for axes, (n, of_size) in zip(figure.subplots(1, len(SIZES), sharey=True), table.groupby("n"), strict=True):
        for name, colour in zip(names, colours(len(names)), strict=True):
            rows = of_size[(of_size["codec"] == name) & (of_size["seed"] == 0)]
            kept = front(rows).sort_values("test_bits")
            axes.plot(kept["test_bits"], kept["test_psnr"], ".-", color=colour, label=name)
        axes.set(xlim=(0, 1.6), ylim=(10, 32), xlabel="bits a pixel", ylabel="PSNR in dB", title=f"{n} training images")
        axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="lower right")
    return figure


def of_split(dataset: Dataset, n: int, seed: int) -> list[Row]:
    torch.set_num_threads(1)
    splits = split(dataset, seed=seed, n_train=n, n_val=HELD_OUT, n_test=None, n_reserve=10_000)
    of = {
        "autoencoder": of_codec(autoencoder, LATENTS, splits, seed),
        "pca": of_codec(pca, AXES, splits, seed),
        "pca, one step": of_one_step(splits, seed),
        "vector_quantisation": of_codebooks(splits, seed),
    }
    rows = [{"codec": name, **row} for name, found in of.items() for row in found]
    return [{"n": n, "seed": seed, **row} for row in (*rows, *of_jpeg(splits))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", help="folder of the data folders")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    words = parser.parse_args()
    dataset = load_dataset("mnist", **({"root": words.data} if words.data else {}))
    jobs = (delayed(of_split)(dataset, n, seed) for n in SIZES for seed in range(words.seeds))
    table = pd.DataFrame([row for rows in Parallel(words.jobs)(jobs) for row in rows])
    table.round(4).to_csv(HERE / "expected.csv", index=False)
    picture(table).savefig(HERE / "rate_distortion.png", dpi=100)
    found = [
        {"n": n, "codec": codec, **at_rates(of_seed)}
        for (n, codec, _), of_seed in table.groupby(["n", "codec", "seed"], sort=False)
    ]
    print(pd.DataFrame(found).groupby(["n", "codec"], sort=False).mean().round(2).to_string())


if __name__ == "__main__":
    main()
