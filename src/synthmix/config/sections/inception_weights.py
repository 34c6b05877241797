"""The file of weights of the Inception network: whether it is there and the right one. Light: imports no torch."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from synthmix.spec import DataSpec

FILE = "weights-inception-2015-12-05-6726825d.pth"
SHA256_STARTS = "6726825d"  # the last part of the name of the file, as torch.hub has it
SOURCE = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"


def weights_fault(path: str, spec: DataSpec) -> str | None:
    """Why Inception features cannot be had of this data with this file; None where they can."""
    if spec.kind != "image" or spec.shape[0] not in (1, 3):
        return f"data.name={spec.name} has no images of 1 or 3 channels"
    if find_spec("torch_fidelity") is None:
        return "needs the package torch-fidelity (pip install torch-fidelity)"
    file = Path(path).expanduser()
    if not file.is_file():
        return f"no such file; it is {SOURCE}"
    status = file.stat()
    if not _sha256(file, status.st_size, status.st_mtime_ns).startswith(SHA256_STARTS):
        return f"must be {FILE}, whose SHA-256 starts with {SHA256_STARTS}"
    return None


@cache
def _sha256(file: Path, size: int, modified: int) -> str:
    # Kept as long as the file stays as it is, because every cell of a study is checked.
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
