"""Rows of files that are read in part: which ones they are, that nothing else is read, and what is refused."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.formats.base import Reading
from synthmix.data.sources.table.formats.sampling import BLOCK, Sampling, sampled_rows
from synthmix.data.sources.table.loader import load_table
from synthmix.data.sources.table.sample import load_table_sample
from synthmix.data.sources.table.sample_config import TableSampleConfig
from synthmix.errors import InvalidInput

N = 150_000  # two blocks and a part of one


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same points in both forms: column 0 is the number of the row."""
    points = np.random.default_rng(0).normal(size=(N, 3)).astype(np.float32)
    points[:, 0] = np.arange(N)
    folder = tmp_path_factory.mktemp("large")
    np.save(folder / "a.npy", points)
    frame = pd.DataFrame({str(place): column for place, column in enumerate(points.T)})
    frame.to_parquet(folder / "a.parquet", row_group_size=40_000)
    return {suffix: str(folder / f"a.{suffix}") for suffix in ("npy", "parquet")}


def sample(path: str, **keys: Any) -> Any:
    return load_table_sample(TableSampleConfig(path=path, **keys)).x.numpy()


@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_a_sample_has_rows_of_the_file_each_once_and_is_the_same_again(suffix: str, files: dict[str, str]) -> None:
    whole = load_table(TableConfig(path=files[suffix])).x.numpy()
    points = sample(files[suffix], max_rows=9000)
    rows = points[:, 0].astype(int)
    assert len(set(rows.tolist())) == 9000
    np.testing.assert_array_equal(points, whole[rows])
    np.testing.assert_array_equal(sample(files[suffix], max_rows=9000), points)
    # Each tenth of the file has a tenth of the sample, within four standard errors of a draw without replacement.
    counts = np.bincount(rows * 10 // N, minlength=10)
    assert np.abs(counts - 900).max() < 4 * np.sqrt(9000 * 0.1 * 0.9 * (1 - 9000 / N))


def test_both_forms_give_the_same_sample(files: dict[str, str]) -> None:
    np.testing.assert_array_equal(sample(files["npy"], max_rows=500), sample(files["parquet"], max_rows=500))


@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_of_a_file_with_no_more_rows_all_are_read_and_the_points_are_those_of_a_table(
    suffix: str, files: dict[str, str]
) -> None:
    config = TableSampleConfig(path=files[suffix], max_rows=N)
    whole = TableConfig(path=files[suffix])
    assert load_table_sample(config).spec.digest == load_table(whole).spec.digest
    assert config.name_in_keys == whole.name_in_keys


def test_each_pair_of_rows_is_as_likely_as_any_other() -> None:
    """Of all samples of two among four rows in two blocks of two: a chi-squared of 5 degrees of freedom."""
    counts = dict.fromkeys(((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)), 0)
    sampling = Sampling(4, 2)
    for _ in range(3000):
        sampling._left, sampling._wanted = 4, 2
        found = [*sampling.of_block(2).tolist(), *(2 + sampling.of_block(2)).tolist()]
        counts[found[0], found[1]] += 1
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 20.5  # p = .001


def test_of_a_file_of_eight_gigabytes_the_sample_alone_is_read() -> None:
    n = 100_000_000
    np.lib.format.open_memmap("big.npy", mode="w+", dtype=np.float32, shape=(n, 20))  # a hole on the disk
    with Path("big.npy").open("r+b") as stream:
        stream.seek(-80, 2)
        stream.write(np.arange(20, dtype=np.float32).tobytes())
    tracemalloc.start()
    points, rows = sampled_rows(Path("big.npy"), Reading("big.npy", max_rows=1000), 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (points.shape, len(rows)) == ((1000, 20), 1000)
    assert peak < 20e6
    assert rows.max() < n
    assert np.diff(rows).min() > 0


def saved(points: np.ndarray[Any, Any], name: str = "a.npy") -> str:
    np.save(name, points)
    return name


def test_what_cannot_be_read_in_part_is_refused_in_a_line() -> None:
    points = np.random.default_rng(0).normal(size=(500, 4))
    whole = Path(saved(points)).read_bytes()
    Path("short.npy").write_bytes(whole[:-8])
    for name, width in (("huge.npy", 4), ("hollow.npy", 0)):
        with Path(name).open("wb") as stream:
            claim = {"descr": "<f8", "fortran_order": False, "shape": (5_000_000_000_000, width)}
            np.lib.format.write_array_header_1_0(stream, claim)
    for path, keys, line in (
        ("short.npy", {}, "is shorter than the 500 rows that it says it holds"),
        ("huge.npy", {}, "is shorter than the 5000000000000 rows that it says it holds"),
        ("hollow.npy", {}, "must hold points"),
        (saved(np.asfortranarray(points), "f.npy"), {}, "in C order"),
        (saved(np.arange(9.0), "one.npy"), {}, "must hold points"),
        ("a.npy", {"max_bytes": 1000, "max_rows": 400}, "data.max_bytes=1000: data.path=a.npy holds 12800 bytes"),
        ("a.csv", {}, "must end in .npy or .parquet"),
    ):
        Path("a.csv").touch()
        with pytest.raises(InvalidInput) as refusal:
            sample(path, **keys)
        assert len(refusal.value.faults) == 1
        assert line in refusal.value.faults[0]


@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_the_place_of_a_fault_is_that_in_the_file(suffix: str, files: dict[str, str], tmp_path: Path) -> None:
    points = np.load(files["npy"])
    rows = sample(files["npy"], max_rows=50)[:, 0].astype(int)
    points[rows[7], 1] = np.nan
    path = str(tmp_path / f"gap.{suffix}")
    if suffix == "npy":
        np.save(path, points)
    else:
        pd.DataFrame({str(place): column for place, column in enumerate(points.T)}).to_parquet(path)
    assert rows[7] > BLOCK // 100
    with pytest.raises(InvalidInput, match=f"row {rows[7]}, column 1: missing value"):
        sample(path, max_rows=50)
