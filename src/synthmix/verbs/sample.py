"""The verb `sample`: points from the generator of a finished run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.api import load_generator
from synthmix.data.encoding import decoded
from synthmix.errors import InvalidInput
from synthmix.seeds import pool_seed
from synthmix.verbs.parser import VerbParser


def sample(words: Sequence[str]) -> int:
    """Writes points to a file; returns the exit code.

    Raises:
        InvalidInput: no such run, one without a trained generator, or a file that cannot be written.
    """
    parser = VerbParser("sample", "Writes points from the generator of a finished run, in the units of its data.")
    parser.add_argument("run", metavar="RUN_ID", help="an MLflow run, of a cell or of a training")
    parser.add_argument("-n", type=int, default=1000, help="number of points (1000)")
    parser.add_argument(
        "--out", required=True, metavar="FILE", help="where to: .csv, the columns of a table; or .npz, an array x"
    )
    parser.add_argument("--seed", type=int, default=0, help="another one gives other points (0)")
    given = parser.read(words)
    out = Path(given.out)
    if given.n < 1:
        raise InvalidInput(f"-n {given.n}: must be ≥ 1")
    if out.suffix not in (".npz", ".csv"):
        raise InvalidInput(f"--out={out}: must end in .npz or .csv")
    if out.is_dir() or not os.access(out.absolute().parent, os.W_OK):
        raise InvalidInput(f"--out={out}: must be a file in a folder that can be written")
    generator = load_generator(given.run)
    points = generator.sample(given.n, pool_seed(given.seed))
    if out.suffix == ".csv":
        if generator.spec.kind != "table":
            raise InvalidInput(f"--out={out}: {generator.spec.name} has no columns; must end in .npz")
        raw = decoded(points, generator.spec, generator.scaling)
        found = decoded(points, generator.spec, generator.scaling, in_range=True)
        columns = {name: cells + 0.0 if cells.dtype.kind == "f" else cells for name, cells in found.items()}  # no -0.0
        pd.DataFrame(columns).to_csv(out, index=False)
        moved = int(np.any([raw[name] != cells for name, cells in found.items()], axis=0).sum())
        beyond = f"; {moved} held a number or date beyond those of train, and now hold its nearest" if moved else ""
        print(f"{out}: {given.n} rows of {len(columns)} columns, from {generator.spec.name}{beyond}")
        return 0
    x = (points if generator.scaling is None else generator.scaling.undone(points)).numpy()
    np.savez_compressed(out, x=x)
    print(f"{out}: x of shape {x.shape}, {x.dtype}, from {generator.spec.name}")
    return 0
