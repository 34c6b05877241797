"""Our batch self-organising map against minisom's: CPU time and quantisation error, one thread, same run.

Run: python experiments/speed/som.py        (needs the extra `speed`)

Data: 10,000 points of 64 values: images of scikit-learn's digits, drawn with replacement, scaled to [-1, 1], with
normal noise of .125, one grey level, on each pixel. Both train a map of 10×10 nodes for 10 epochs with a Gaussian
neighbourhood that narrows from 3 to 1 grid steps, and start from the principal plane. minisom gets what made its
quantisation error lowest of the settings tried: its PCA start, a learning rate of 1 that stays (a plain batch update,
as ours is) and its asymptotic decay of sigma. Our time includes grouping the nodes into 10 clusters, which minisom does
not do.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # before numpy starts

import numpy as np
import torch
from minisom import MiniSom
from sklearn.datasets import load_digits

from synthmix.tasks.clustering.learners.som import SelfOrganizingMap

ROWS, COLUMNS, EPOCHS, REPETITIONS = 10, 10, 10, 5


def digits_like(n: int = 10_000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    digits = load_digits().data / 8 - 1
    drawn = digits[rng.integers(len(digits), size=n)]
    return (drawn + rng.normal(scale=0.125, size=drawn.shape)).astype(np.float32)


def fit_ours(x: np.ndarray) -> SelfOrganizingMap:
    return SelfOrganizingMap(ROWS, COLUMNS, n_clusters=10, epochs=EPOCHS, random_state=0).fit(x)


def constant(learning_rate: float, iteration: int, iterations: int) -> float:
    return learning_rate


def fit_minisom(x: np.ndarray) -> MiniSom:
    som = MiniSom(
        ROWS,
        COLUMNS,
        x.shape[1],
        sigma=3,
        learning_rate=1,
        decay_function=constant,
        sigma_decay_function="asymptotic_decay",
        random_seed=0,
    )
    som.pca_weights_init(x)
    som.train_batch_offline(x, EPOCHS)
    return som


def cpu_seconds(fit: Callable[[np.ndarray], Any], x: np.ndarray) -> tuple[float, Any]:
    started = time.process_time()
    fitted = fit(x)
    return time.process_time() - started, fitted


def main() -> None:
    torch.set_num_threads(1)
    x = digits_like()
    fit_ours(x)  # what is loaded or allocated once is not the map's time
    times: dict[str, list[float]] = {"ours": [], "minisom": []}
    errors = {}
    for _ in range(REPETITIONS):
        for name, fit in (("ours", fit_ours), ("minisom", fit_minisom)):
            seconds, som = cpu_seconds(fit, x)
            times[name].append(seconds)
            errors[name] = som.quantization_error(x)
    ours, theirs = (statistics.median(times[name]) for name in ("ours", "minisom"))
    print("what,ours_cpu_s,minisom_cpu_s,ratio,ours_quantization_error,minisom_quantization_error")
    row = f"{ours:.4f},{theirs:.3f},{theirs / ours:.1f},{errors['ours']:.4f},{errors['minisom']:.4f}"
    print(f"som 10x10 on 10000x64 for 10 epochs,{row}")


if __name__ == "__main__":
    main()
