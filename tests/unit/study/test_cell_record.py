"""The names of cells' runs."""

from __future__ import annotations

import pytest

from synthmix.config.cell import from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.plain import to_plain
from synthmix.study.cell_record import cell_name


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (["model=gan", "mix.ratio=1.5", "seed=3"], "gan r=1.5 kmeans seed 3"),
        (["model=gan", "gate=top_k", "clusterer=dbscan"], "gan top_k r=1 dbscan seed 0"),
        (
            ["data.n_train=50", "mix.ratio=0", "tracking.on_curve=true"],
            "real points alone n=50 kmeans seed 0",
        ),
        (["model=real", "mix.ratio=7", "tracking.on_curve=true"], "real r=7 kmeans seed 0"),
        (["model=gan", "tracking.as_configured=true"], "gan r=1 kmeans as configured seed 0"),
    ],
)
def test_a_cell_is_named_after_what_sets_it_apart(overrides: list[str], name: str) -> None:
    with composer() as compose:
        config = from_plain(compose(overrides))
    assert cell_name(to_plain(config), config.tracking.part) == name
