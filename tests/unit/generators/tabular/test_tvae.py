"""TVAE learns margins and associations of mixed columns, and its points are such as the file has."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from synthmix.api import make_generator
from synthmix.data.base import Splits
from synthmix.data.encoding import decoded
from synthmix.generators.base import Generator
from synthmix.quality.columns import column_scores


@pytest.fixture(scope="module")
def fitted(people: Splits) -> Generator:
    return make_generator("tvae", steps=600, hidden=[64], latent_dim=16).fit(people.train, seed=0)


def test_it_learns_margins_and_what_columns_have_in_common(fitted: Generator, people: Splits) -> None:
    points = fitted.sample(2000, seed=0)
    apart = torch.stack([column[torch.randperm(2000, generator=torch.Generator().manual_seed(i))]
                         for i, column in enumerate(people.train.x.T)], dim=1)  # fmt: skip
    found, without = (column_scores(part, people, people.train.x) for part in (points, apart))
    assert found["association_difference"] < 0.6 * without["association_difference"]
    assert found["ks"] < 0.1
    assert found["tv"] < 0.1


def test_every_point_is_such_as_the_file_has(fitted: Generator, people: Splits) -> None:
    points, real = fitted.sample(1000, seed=0), people.train.x
    assert {tuple(row) for row in points[:, 1:6].tolist()} <= {
        (degree, *job) for degree in real[:, 1].unique().tolist() for job in real[:, 2:6].unique(dim=0).tolist()
    }
    assert (points >= real.min(dim=0).values).all()
    assert (points <= real.max(dim=0).values).all()
    columns = pd.DataFrame(decoded(points, people.train.spec, people.scaling))
    assert (columns["gain"] == 0).mean() == pytest.approx(0.75, abs=0.08)


def test_it_is_read_again_as_it_was_written(fitted: Generator, people: Splits) -> None:
    again = make_generator("tvae", steps=600, hidden=[64], latent_dim=16).load_state(fitted.state() or {})
    assert torch.equal(again.sample(600, seed=3), fitted.sample(600, seed=3))
