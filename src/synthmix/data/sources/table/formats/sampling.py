"""A simple random sample of the rows of a file that need not fit into memory, in the order of the file.

Which rows they are depends on the numbers of rows alone, so that all seeds and all processes read the same ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.table.formats.base import Reading

SEED = 0
BLOCK = 65536  # rows of a file that are looked at together


class Sampling:
    """Chooses rows block by block: from each as many as a sample of the whole would have there.

    Args:
        n_rows: of the file.
        wanted: rows of the sample; all of the file where it has no more.
    """

    def __init__(self, n_rows: int, wanted: int) -> None:
        self._rng = np.random.default_rng(SEED)
        self._left, self._wanted = n_rows, min(n_rows, wanted)

    def of_block(self, size: int) -> NDArray[np.int64]:
        """The places of the chosen rows in the next `size` rows of the file, sorted."""
        most = min(size, self._left)
        n = int(self._rng.hypergeometric(most, self._left - most, self._wanted)) if self._left else 0
        self._left, self._wanted = self._left - most, self._wanted - n
        return np.sort(self._rng.choice(most, n, replace=False)) if n else np.empty(0, dtype=np.int64)


def sampled_rows(path: Path, reading: Reading, wanted: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Rows of an .npy file, read one by one, and their places in it.

    Raises:
        InvalidInput: it is no plain array in C order, is shorter than it says, or the sample would be too large.
    """
    with reading.parsing("not a plain array of numpy"), path.open("rb", buffering=0) as stream:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = header(stream)
        first = stream.tell()
        row_bytes = int(np.prod(shape[1:], dtype=object)) * dtype.itemsize
        if is_fortran or dtype.hasobject or len(shape) < 2 or not row_bytes:
            raise reading.refusal("must hold points (N, D) or images in C order, as numpy.ascontiguousarray gives them")
        reading.refuse_size(min(shape[0], wanted) * row_bytes)
        if path.stat().st_size < first + shape[0] * row_bytes:
            raise reading.refusal(f"is shorter than the {shape[0]} rows that it says it holds")
        sampling = Sampling(shape[0], wanted)
        blocks = [start + sampling.of_block(BLOCK) for start in range(0, shape[0], BLOCK)]
        rows = np.concatenate([np.empty(0, dtype=np.int64), *blocks])
        points = np.empty((len(rows), *shape[1:]), dtype)
        for point, row in zip(points, rows.tolist(), strict=True):
            stream.seek(first + row * row_bytes)
            if stream.readinto(memoryview(point).cast("B")) != row_bytes:
                raise reading.refusal(f"ends in row {row}")
    return points, rows


def sampled_table(path: Path, reading: Reading, wanted: int) -> tuple[Any, NDArray[np.int64]]:
    """Rows of a parquet file, of which a batch is held at a time, and their places in it.

    Raises:
        InvalidInput: it is no parquet file, or one of its row groups is larger than is allowed.
    """
    import pyarrow
    import pyarrow.parquet

    with reading.parsing("not a parquet file"), pyarrow.parquet.ParquetFile(path, pre_buffer=False) as file:
        groups = [file.metadata.row_group(group).total_byte_size for group in range(file.metadata.num_row_groups)]
        reading.refuse_size(max(groups, default=0))
        sampling = Sampling(file.metadata.num_rows, wanted)
        chosen, places, start = [file.schema_arrow.empty_table()], [np.empty(0, dtype=np.int64)], 0
        for batch in file.iter_batches(BLOCK, use_threads=False):
            at = sampling.of_block(len(batch))
            chosen.append(pyarrow.table(batch).take(at))
            places.append(start + at)
            start += len(batch)
            reading.refuse_size(sum(table.nbytes for table in chosen))
        table = pyarrow.concat_tables(chosen).unify_dictionaries().combine_chunks()
        table.validate(full=True)
    return table, np.concatenate(places)
