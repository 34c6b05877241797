"""Tables of openml.org: scikit-learn downloads them, and what it makes of them is kept. Light: imports no torch."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

from synthmix.data.sources.files.retrieval import data_folder
from synthmix.errors import InvalidInput


def kept(number: int, root: str | None) -> tuple[Path, str | None]:
    """The file of a set, a parquet with its categories, and its target where that is a category.

    Raises:
        InvalidInput: there is no such set, or nothing answers.
    """
    folder = data_folder(root, "openml")
    path, told = folder / f"{number}.parquet", folder / f"{number}.json"
    if not (path.is_file() and told.is_file()):
        table, target = _fetched(number)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as partial:
            table.to_parquet(Path(partial) / path.name, index=False)
            (Path(partial) / told.name).write_text(json.dumps({"target": target}))
            os.replace(Path(partial) / path.name, path)
            os.replace(Path(partial) / told.name, told)
    return path, _target(told)


def _target(told: Path) -> str | None:
    try:
        target = json.loads(told.read_bytes())["target"]
    except (ValueError, KeyError, TypeError, RecursionError):
        target = 0  # no name
    if target is not None and not isinstance(target, str):
        raise InvalidInput(f"{told}: is damaged; remove it to have the set downloaded again")
    return target


def _fetched(number: int) -> tuple[Any, str | None]:
    """The table, its target among its columns, and the target's name where it is a category."""
    from pandas import CategoricalDtype
    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as downloads:
            warnings.simplefilter("ignore")  # of each attempt; what comes of the last one is told below
            found = fetch_openml(data_id=number, data_home=downloads, as_frame=True, parser="pandas")
    except (OSError, ValueError) as error:  # URLError is an OSError, and OpenMLError a ValueError
        line = str(error).partition("\n")[0]
        raise InvalidInput(f"data.id={number}: could not be had from openml.org ({line})") from None
    table = found.frame
    names = list(found.target_names or [])
    is_category = len(names) == 1 and isinstance(table[names[0]].dtype, CategoricalDtype)
    return table, names[0] if is_category else None
