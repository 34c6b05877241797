"""What is told of data and learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import Sizes, StudyResult

Make = Callable[..., tuple[StudyResult, Analysis]]
SIZES = Sizes(n_points=1000, n_val=100, n_test=300, official_test=False)
ARMS = {("kmeans", "gan"): (0.1, 0.2), ("kmeans", "duplicate"): (0.0, 0.0)}


def told(make: Make, **fields: Any) -> list[str]:
    return list(make(ARMS, **fields)[1].facts)


def test_nothing_is_told_where_nothing_is_known(make: Make) -> None:
    assert told(make) == []


def test_the_overlap_of_seeds_is_that_of_the_sizes(make: Make) -> None:
    (line,) = told(make, sizes={"digits": SIZES})
    assert line == (
        "Intervals over seeds speak of this data set, not of the population that it was drawn from: two seeds have "
        "10% of their train points and 30% of their test points in common."
    )


def test_of_an_official_test_set_all_seeds_have_all(make: Make) -> None:
    (line,) = told(make, sizes={"digits": Sizes(n_points=500, n_val=100, n_test=300, official_test=True)})
    assert "its official test set, which all seeds share; two seeds have 20% of their train points" in line


def test_of_a_transfer_both_sets_are_named(make: Make) -> None:
    sizes = Sizes(n_points=500, n_val=100, n_test=300, official_test=True, test_data="usps")
    transfer, speaks = told(make, sizes={"digits": sizes})
    assert transfer.startswith("Transfer: what is learnt of digits is tested on 300 images of usps, resized to digits")
    assert "of this data set and the test set of usps, which all seeds share; two seeds have 20%" in speaks


def test_a_study_of_both_tells_one_test_set_from_the_other(make: Make) -> None:
    alone, _ = make(ARMS)
    both = [alone.cells.assign(**{"task.test_data": name}) for name in (None, "usps")]
    usps = Sizes(n_points=500, n_val=100, n_test=300, official_test=True, test_data="usps")
    cells = pd.concat(both, ignore_index=True)[["task.test_data", *alone.cells]]
    curve = alone.curve.assign(**{"task.test_data": None})
    transfer, *speak = told(make, cells=cells, curve=curve, sizes={"digits": SIZES, "digits tested on usps": usps})
    assert transfer.startswith("Transfer: what is learnt of digits is tested on 300 images of usps")
    assert {line.partition(": ")[0] for line in speak} == {"digits", "digits tested on usps"}


def test_a_supervised_study_is_marked(make: Make) -> None:
    (line,) = told(make, supervised=True)
    assert line.startswith("Supervised: labels of the training points reach the clusterer")


def test_k_from_the_labels(make: Make) -> None:
    (line,) = told(make, k_from_labels=frozenset({"kmeans"}))
    assert line.startswith("k from the labels: kmeans looks for as many clusters as there are known classes")


@pytest.mark.parametrize("count", [0, 3])
def test_copies_across_the_split_are_counted(count: int, make: Make) -> None:
    result, _ = make(ARMS)
    # Each seed's split has its own: half of them one more.
    cells = result.cells.assign(**{"data/duplicates_across_split": count + (result.cells["seed"] % 2) * bool(count)})
    lines = told(make, cells=cells, sizes={"digits": SIZES})
    found = [line for line in lines if "occur value for value" in line]
    assert [line.partition(" held-out")[0] for line in found] == (["digits: 3.5 of 400"] if count else [])


def test_what_was_hidden_and_how_it_was_filled_is_told(make: Make) -> None:
    cells = make(ARMS)[0].cells.assign(**{"data/hidden_share": 0.3})
    cells["data/imputation_rmse"] = 0.4 + (cells["seed"] % 2) * 0.2
    cells.loc[cells["model.name"] == "duplicate", ["data/hidden_share", "data/imputation_rmse"]] = float("nan")
    (line,) = (line for line in told(make, cells=cells) if "hidden" in line)
    assert "data.name = digits" in line
    assert line.endswith(
        ": 0.3 of train's values were hidden and filled, numbers with a root mean square error of 0.5 standard "
        "deviations (means over seeds)."
    )
    assert not any("hidden" in line for line in told(make))
