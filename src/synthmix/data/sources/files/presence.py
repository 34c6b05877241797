"""Which files make up each known set, and whether those that lie in a folder are the official ones. Light."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from synthmix.data.sources.files.known import (
    ADBENCH,
    BBC_NEWS,
    CIFAR10_ARCHIVE,
    CIFAR10_SUBSET,
    IDX_FILES,
    KMNIST_NPZ_FILES,
    PENDIGITS_TEST,
    PENDIGITS_TRAIN,
    USPS_TEST,
    USPS_TRAIN,
)
from synthmix.data.sources.files.retrieval import KnownFile

# By set the forms that it is read in, the one that is preferred first.
KNOWN_SETS: Mapping[str, Sequence[Sequence[KnownFile]]] = {
    "mnist": [IDX_FILES["mnist"]],
    "fashion_mnist": [IDX_FILES["fashion_mnist"]],
    "kmnist": [IDX_FILES["kmnist"], KMNIST_NPZ_FILES],
    "usps": [[USPS_TRAIN, USPS_TEST]],
    "cifar10": [[CIFAR10_ARCHIVE], [CIFAR10_SUBSET]],
    "pendigits": [[PENDIGITS_TRAIN, PENDIGITS_TEST]],
    "adbench": [[*ADBENCH.values()]],
    "bbc_news": [[BBC_NEWS]],
}


def damaged(files: Iterable[KnownFile], folder: Path) -> list[str]:
    """The names of those files in the folder whose bytes have another MD5 than the official one."""
    import pooch

    return [file.name for file in files if pooch.file_hash(str(folder / file.name), alg="md5") != file.md5]
