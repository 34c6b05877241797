"""Which reader a file has, by the end of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from synthmix.data.sources.table.formats.arff import read_arff
from synthmix.data.sources.table.formats.arrays import read_npy, read_npz
from synthmix.data.sources.table.formats.arrow import read_feather, read_parquet
from synthmix.data.sources.table.formats.base import RawImages, RawTable, Reading
from synthmix.data.sources.table.formats.delimited.reader import read_delimited
from synthmix.data.sources.table.formats.excel import read_excel
from synthmix.data.sources.table.formats.packed import PACKED, inner_name

READERS: Mapping[str, Callable[[Path, Reading], RawTable | RawImages]] = {
    ".csv": read_delimited,
    ".tsv": partial(read_delimited, separator="\t"),
    ".txt": read_delimited,
    ".data": read_delimited,
    ".parquet": read_parquet,
    ".feather": read_feather,
    ".arff": read_arff,
    ".xlsx": read_excel,
    ".npz": read_npz,
    ".npy": read_npy,
}
UNPACKED = (".npz", ".xlsx")  # which are packed by themselves


def read_raw(path: Path, reading: Reading) -> RawTable | RawImages:
    """The columns of a file, or its images.

    Raises:
        InvalidInput: as its reader, or there is none for it.
    """
    inner = Path(inner_name(path, reading)).suffix.lower()
    packed = path.suffix.lower() in PACKED
    if inner not in READERS or (packed and inner in UNPACKED):
        what = f"holds a file {inner_name(path, reading)}; it " if packed else ""
        raise reading.refusal(
            f"{what}must end in {', '.join(READERS)}{'' if packed else ', or these with .gz or .zip'}"
        )
    return READERS[inner](path, reading)
