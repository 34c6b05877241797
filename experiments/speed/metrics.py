"""Our quality metrics against prdc's precision, recall, density, coverage: CPU time and memory, one thread, same run.

Run: python experiments/speed/metrics.py        (needs prdc, of the dev extra)

Data: 10,000 real and 10,000 synthetic points in 64 dimensions, float32, normal; of the synthetic ones some axes are
wider and the mean is shifted, so that the scores differ from those of real points. Times are medians over the
repetitions. Peak memory is that of a process of its own, less what it has once everything is imported and the points
are made. Then each of our other metrics once on the same features.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # before numpy starts

import prdc
import torch
from torch import Tensor

from synthmix.quality.diversity import duplicate_share, holes, modes_reached, vendi
from synthmix.quality.frechet import Moments, frechet_infinity
from synthmix.quality.kernels import kid, mmd
from synthmix.quality.memorisation import authenticity, closest_records
from synthmix.quality.neighbours import precision_recall_density_coverage
from synthmix.quality.two_sample import c2st

POINTS, DIMENSIONS, NEIGHBOURS, REPETITIONS = 10_000, 64, 5, 3


def points() -> tuple[Tensor, Tensor, Tensor]:
    """Real, synthetic and train."""
    rng = torch.Generator().manual_seed(0)
    real, synthetic, train = torch.randn(3, POINTS, DIMENSIONS, generator=rng)
    return real, synthetic * torch.linspace(0.9, 1.2, DIMENSIONS) + 0.05, train


def ours(real: Tensor, synthetic: Tensor) -> dict[str, float]:
    return precision_recall_density_coverage(real, synthetic, k=NEIGHBOURS)


def theirs(real: Tensor, synthetic: Tensor) -> dict[str, float]:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the numbers of points
        found = prdc.compute_prdc(real.numpy(), synthetic.numpy(), nearest_k=NEIGHBOURS)
    return {name: float(value) for name, value in found.items()}


COMPARED = {"ours": ours, "prdc": theirs}


def cpu_seconds(compute: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = compute()
    return time.process_time() - started, result


def peak_megabytes(name: str) -> float:
    """Of a process that computes this alone, beyond what it had before."""
    words = [sys.executable, __file__, name]
    return float(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure_peak(name: str) -> None:
    torch.set_num_threads(1)
    real, synthetic, _ = points()
    COMPARED[name](real[:100], synthetic[:100])  # what is imported or allocated once is not the metric's memory
    before = resident_peak()
    COMPARED[name](real, synthetic)
    print((resident_peak() - before) / 1024)


def resident_peak() -> int:
    """Of this process in kB, by Linux: getrusage would give that of the process that started it, if that is larger."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    torch.set_num_threads(1)
    real, synthetic, train = points()
    times: dict[str, list[float]] = {name: [] for name in COMPARED}
    values: dict[str, dict[str, float]] = {}
    for _ in range(REPETITIONS):
        for name, compute in COMPARED.items():
            seconds, values[name] = cpu_seconds(partial(compute, real, synthetic))
            times[name].append(seconds)
    apart = max(abs(values["ours"][name] / value - 1) for name, value in values["prdc"].items())
    peaks = {name: peak_megabytes(name) for name in COMPARED}
    ratio = statistics.median(a / b for a, b in zip(times["ours"], times["prdc"], strict=True))
    print("what,ours,prdc,ratio")
    print(f"CPU s,{statistics.median(times['ours']):.2f},{statistics.median(times['prdc']):.2f},{ratio:.2f}")
    print(f"peak MB,{peaks['ours']:.0f},{peaks['prdc']:.0f},{peaks['ours'] / peaks['prdc']:.3f}")
    print(f"largest relative difference of a value,{apart:.1g}")
    others: dict[str, Callable[[], object]] = {
        "precision recall density coverage": lambda: ours(real, synthetic),
        "kid": lambda: kid(real, synthetic),
        "mmd": lambda: mmd(real, synthetic),
        "c2st": lambda: c2st(real, synthetic),
        "authenticity": lambda: authenticity(train, synthetic),
        "closest records": lambda: closest_records(train, real, synthetic),
        "duplicate share": lambda: duplicate_share(real, synthetic),
        "holes": lambda: holes(train, synthetic),
        "modes reached": lambda: modes_reached(train, synthetic),
        "vendi": lambda: vendi(synthetic),
        "fd": lambda: Moments.of(real).distance(Moments.of(synthetic)),
        "fd infinity": lambda: frechet_infinity(Moments.of(real), synthetic.double()),
    }
    print("metric,CPU s")
    spent = {name: cpu_seconds(compute)[0] for name, compute in others.items()}
    for name, seconds in (*spent.items(), ("all", sum(spent.values()))):
        print(f"{name},{seconds:.2f}")


if __name__ == "__main__":
    measure_peak(sys.argv[1]) if len(sys.argv) > 1 else main()
