"""What `synthmix doctor` says of versions, processor, threads, GPU and bf16."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator

from packaging.requirements import Requirement

from synthmix.processor import bf16_is_slow, processor_tags
from synthmix.tracking.environment import environment_tags
from synthmix.verbs.doctor.finding import Finding

SHOWN = ("torch", "pytorch-lightning", "torchmetrics", "scikit-learn", "numpy", "hydra-core", "mlflow")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def machine() -> Iterator[Finding]:
    """Yields what was found, a line each; what is installed comes first, as the rest is found with it."""
    yield from versions()
    yield from processor()
    yield gpu()
    yield bf16()


def versions() -> Iterator[Finding]:
    """The package, Python, and the packages that it requires; each that is not there, or too old or new, by itself."""
    commit = environment_tags().get("synthmix.git_commit")
    own = importlib.metadata.version("synthmix") + (f", commit {commit}" if commit else "")
    yield Finding("synthmix", "ok", own)
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    required = [Requirement(text) for text in importlib.metadata.requires("synthmix") or ()]
    base = [wanted for wanted in required if wanted.marker is None or wanted.marker.evaluate({"extra": ""})]
    faults = [*filter(None, map(_fault, base))]
    yield from (Finding("packages", "fails", fault) for fault in faults)
    if not faults:
        yield Finding("packages", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in SHOWN))
    optional = {wanted.name: _fault(wanted) for wanted in required if wanted not in base and _is_of_a_user(wanted)}
    there = [name for name, fault in optional.items() if not fault]
    yield Finding("optional", "ok", f"installed: {', '.join(there) or 'none'}")
    if lacking := [name for name, fault in optional.items() if fault]:
        yield Finding("optional", "missing", f"{', '.join(lacking)}; the extras of README install them")


def processor() -> Iterator[Finding]:
    """The processor, the instructions and kernels that are used of it, and the threads that there are."""
    tags = processor_tags()
    instructions, kernels = tags["processor.instructions"], tags["processor.kernels"]
    yield Finding("processor", "ok", f"{tags['processor']}; torch uses {instructions}, BLAS {kernels or 'not known'}")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    held = [f"; {name}={os.environ[name]}" for name in THREAD_VARIABLES if name in os.environ]
    yield Finding("threads", "ok", f"{usable} cores; a cell takes one unless it says threads=N{''.join(held)}")


def gpu() -> Finding:
    """Every GPU that torch finds."""
    import torch

    if not torch.cuda.is_available():
        return Finding("gpu", "missing", f"torch {torch.__version__} finds none; trainer=gpu is refused")
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return Finding("gpu", "ok", f"{', '.join(names)} (CUDA {torch.version.cuda})")


def bf16() -> Finding:
    """Whether trainer=bf16 is of any use on the processor, and on the GPU where there is one."""
    import torch

    has_gpu = torch.cuda.is_available()
    on_gpu = f"; the GPU {'has' if torch.cuda.is_bf16_supported() else 'lacks'} it" if has_gpu else ""
    if bf16_is_slow():
        without = "the processor has no AVX512-BF16 or AMX: trainer=bf16 takes several times as long on it"
        return Finding("bf16", "missing", without + on_gpu)
    return Finding("bf16", "ok", "trainer=bf16 does not slow the processor down, as far as its flags tell" + on_gpu)


def _fault(wanted: Requirement) -> str:
    """Why a distribution does not do; empty where it does."""
    try:
        found = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{wanted.name}{wanted.specifier}: is not installed"
    return "" if wanted.specifier.contains(found, prereleases=True) else f"{wanted}: {found} is installed"


def _is_of_a_user(wanted: Requirement) -> bool:
    """Whether an extra that a user installs brings it, and not only the one of those who work at synthmix."""
    extras = set(importlib.metadata.metadata("synthmix").get_all("Provides-Extra") or ()) - {"dev", "speed"}
    return (
        wanted.name != "synthmix"
        and wanted.marker is not None
        and any(wanted.marker.evaluate({"extra": extra}) for extra in extras)
    )
