"""A csv of 20 mixed columns read, typed, encoded and split, against pandas and a hand-written ColumnTransformer.

Run: python experiments/speed/tables.py --rows 1000000

Eight columns of numbers, four of whole numbers, six of categories (5 or 8 levels), one of yes and no, one of days.
Each side runs in a process of its own: CPU time without its imports, peak memory with them. Both cut the rows into
three parts, fit on the first alone and end with float32. Ours also checks every cell, looks for sentinels, hashes the
data and counts rows that occur on both sides of the cut.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # before numpy starts


def write(path: Path, n: int) -> None:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    columns = {f"n{i}": np.round(rng.normal(size=n), 4) for i in range(8)}
    columns |= {f"i{i}": rng.integers(0, 1000, n) for i in range(4)}
    columns |= {f"c{i}": rng.choice(["red", "green", "blue", "grey", "black"], n) for i in range(5)}
    columns |= {"b": rng.choice(["yes", "no"], n), "e": rng.choice(list("abcdefgh"), n)}
    columns |= {"d": (np.datetime64("2000-01-01") + rng.integers(0, 9000, n).astype("timedelta64[D]")).astype(str)}
    pd.DataFrame(columns).to_csv(path, index=False)


def by_hand(path: str) -> float:
    import pandas as pd
    import pyarrow.csv  # noqa: F401 (so that its import is not counted)
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    start = time.process_time()
    frame = pd.read_csv(path, engine="pyarrow")
    frame["d"] = pd.to_datetime(frame["d"]).astype("int64")
    categories = [name for name in frame if name[0] in "cbe"]
    numbers = [name for name in frame if name not in categories]
    train, rest = train_test_split(frame, random_state=0, test_size=0.4)
    val, test = train_test_split(rest, random_state=0, test_size=0.5)
    encoder = ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("categories", OneHotEncoder(sparse_output=False), categories)]
    ).fit(train)
    encoded = [encoder.transform(part).astype("float32") for part in (train, val, test)]
    assert encoded[0].shape[1] == 13 + 5 * 5 + 2 + 8
    return time.process_time() - start


def ours(path: str) -> float:
    import pyarrow.csv  # noqa: F401

    from synthmix.data.sources.table.config import TableConfig
    from synthmix.data.sources.table.loader import load_table
    from synthmix.data.split import split

    start = time.process_time()
    dataset = load_table(TableConfig(path=path))
    splits = split(dataset, seed=0, n_train=None, n_val=None, n_test=None, n_reserve=0)
    assert splits.train.x.shape[1] == 13 + 5 * 5 + 1 + 8
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", choices=["ours", "by_hand"])
    parser.add_argument("--file")
    given = parser.parse_args()
    if given.side:
        seconds = {"ours": ours, "by_hand": by_hand}[given.side](given.file)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{given.side}: {seconds:.2f} CPU s, peak {peak:.2f} GiB", flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write(path, given.rows)
        for side in ("by_hand", "ours", "by_hand", "ours"):
            subprocess.run([sys.executable, __file__, "--side", side, "--file", str(path)], check=True)


if __name__ == "__main__":
    main()
