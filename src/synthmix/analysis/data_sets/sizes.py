"""How many points a study's data sets have, of which each seed draws its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from synthmix.analysis.candidates import Row
from synthmix.analysis.result import Sizes
from synthmix.config.cell import CellConfig
from synthmix.config.data import SIZES
from synthmix.config.parts import Parts
from synthmix.pipeline.resources import Resources

NAME = "data.name"
OF_A_COLLECTION = "data.set"  # which set of ADBench, for instance; a key column only where a study varies it
TEST_DATA = "task.test_data"  # likewise
TESTED_ON = " tested on "


def source_of(keys: Mapping[Any, Any]) -> str:
    """The data set of these keys: its name, and which one of a collection where a study has several of them."""
    name, one = str(keys[NAME]), keys.get(OF_A_COLLECTION)
    return name if pd.isna(one) else f"{name} {one}"


def data_of(keys: Mapping[Any, Any]) -> str:
    """The data set of these keys, and another one that it is tested on where a study has several of them."""
    other = keys.get(TEST_DATA)
    return source_of(keys) if pd.isna(other) else f"{source_of(keys)}{TESTED_ON}{other}"


def sizes_of(
    rows: Sequence[Row], varying: Sequence[str], known: Mapping[str, Mapping[str, Any]], resources: Resources
) -> dict[str, Sizes]:
    """The sizes of each data set of which some cell has a result, by `data_of`.

    A set is loaded only where its size was not written down, or where only the set tells whether it has an official
    test set.

    Args:
        rows: the combinations of a study.
        varying: the config keys beside the first ones that tell its cells apart.
        known: by digest, the `shape` of all points of a set that are divided.
        resources: what loads a data set.
    """
    columns = {NAME, *varying}
    with_result = {
        data_of({key: row.config.get(key) for key in columns}): row.asked
        for row in reversed(rows)
        if row.result is not None
    }
    return {
        name: _sizes(asked.depends_on().config, known.get(asked.digest), resources)
        for name, asked in with_result.items()
    }


def _sizes(config: CellConfig, known: Mapping[str, Any] | None, resources: Resources) -> Sizes:
    asked = {key: getattr(config.data, key) for key in SIZES}
    official = None
    if known is None or config.data.n_test is None:
        dataset = resources.dataset(config)
        official = None if dataset.test is None else len(dataset.test)
        n_points = len(dataset)
    else:
        n_points = int(known["shape"][0])
    parts = Parts(n_points=n_points, n_official_test=official, **asked)
    other = config.data.tested_on(config)
    tested = None if other is None else other.extent()
    if tested is not None:
        official = tested.n_points if tested.n_official_test is None else tested.n_official_test
    return Sizes(
        n_points=n_points - parts.n_reserve,
        n_val=parts.val,
        n_test=parts.held_out if official is None else official,
        official_test=official is not None,
        test_data=None if other is None else other.name,
    )
