"""One GPU for each worker process, where the launcher has not seen to it. Light: torch only counts the GPUs."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[FileLock] = []  # until the process ends, however it does


def use_one_gpu(folder: Path) -> None:
    """Has this process, and those that it starts, see one of the GPUs that it could use.

    What a scheduler has set in CUDA_VISIBLE_DEVICES is respected: one of those is taken, and where there is one or
    none, nothing changes. So a second call changes nothing either. To be called before the process uses a GPU.

    Args:
        folder: shared by the processes that share the GPUs; made where it is missing.
    """
    devices = visible_gpus()
    if len(devices) > 1:
        os.environ[VISIBLE] = claim_gpu(devices, folder)


def visible_gpus() -> list[str]:
    """The GPUs that this process could use, as CUDA_VISIBLE_DEVICES names them."""
    if VISIBLE in os.environ:
        names = (name.strip() for name in os.environ[VISIBLE].split(","))
        return list(itertools.takewhile(lambda name: name not in ("", "-1"), names))  # CUDA stops there too
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def claim_gpu(devices: Sequence[str], folder: Path) -> str:
    """Takes the first of `devices` that the fewest processes of this machine hold, until this process ends.

    So each process has a GPU of its own as long as there are enough; further ones share, in turn.
    """
    if not devices:
        raise ValueError("devices must name at least one GPU")
    folder.mkdir(parents=True, exist_ok=True)
    slots = ((share, device) for share in itertools.count() for device in devices)
    lock, device = next((lock, device) for share, device in slots if (lock := _slot(folder, device, share)) is not None)
    _held.append(lock)
    return device


def _slot(folder: Path, device: str, share: int) -> FileLock | None:
    """The lock of one more process on a GPU; None where another process holds it."""
    name = f"{socket.gethostname()}-gpu-{device.replace('/', '-')}-{share}.lock"
    lock = FileLock(folder / name, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock
