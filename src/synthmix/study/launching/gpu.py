"""Assigns one GPU to each worker process. Light: torch is imported only to count the GPUs."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[FileLock] = []  # referenced for as long as the process lives, as a collected lock is released


def use_one_gpu(folder: Path) -> None:
    """Restricts this process and its children to one GPU, by CUDA_VISIBLE_DEVICES.

    Where a scheduler has set the variable, one of its devices is chosen; with one device or none nothing changes, so
    that the call is idempotent. To be called before the process uses a GPU.

    Args:
        folder: shared by the processes that share the GPUs; made where it is missing.
    """
    devices = visible_gpus()
    if len(devices) > 1:
        os.environ[VISIBLE] = claim_gpu(devices, folder)


def visible_gpus() -> list[str]:
    """The GPUs visible to this process, as CUDA_VISIBLE_DEVICES names them."""
    if VISIBLE in os.environ:
        names = (name.strip() for name in os.environ[VISIBLE].split(","))
        return list(itertools.takewhile(lambda name: name not in ("", "-1"), names))  # CUDA stops there too
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def claim_gpu(devices: Sequence[str], folder: Path) -> str:
    """Claims the least used of `devices` on this machine, until this process ends.

    Processes share a GPU, round robin, only where there are more of them than GPUs.
    """
    if not devices:
        raise ValueError("devices must name at least one GPU")
    folder.mkdir(parents=True, exist_ok=True)
    slots = ((share, device) for share in itertools.count() for device in devices)
    lock, device = next((lock, device) for share, device in slots if (lock := _slot(folder, device, share)) is not None)
    _held.append(lock)
    return device


def _slot(folder: Path, device: str, share: int) -> FileLock | None:
    """The lock of one slot of a GPU; None where another process holds it."""
    name = f"{socket.gethostname()}-gpu-{device.replace('/', '-')}-{share}.lock"
    lock = FileLock(folder / name, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock
