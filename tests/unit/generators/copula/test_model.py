"""The copula's points have train's margins and its associations, and are such as the file has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from synthmix.api import make_generator
from synthmix.data.base import Splits
from synthmix.data.encoding import decoded
from synthmix.generators.base import Generator
from synthmix.generators.copula.config import GaussianCopulaConfig
from synthmix.generators.copula.model import GaussianCopula


@pytest.fixture(scope="module")
def fitted(people: Splits) -> Generator:
    return make_generator("gaussian_copula").fit(people.train, seed=0)


def frame(points: torch.Tensor, people: Splits) -> pd.DataFrame:
    return pd.DataFrame(decoded(points, people.train.spec, people.scaling))


def test_the_margins_are_those_of_train(fitted: Generator, people: Splits) -> None:
    real, made = frame(people.train.x, people), frame(fitted.sample(20_000, seed=0), people)
    for name in ("degree", "job", "rich"):
        shares = real[name].value_counts(normalize=True) - made[name].value_counts(normalize=True)
        assert shares.abs().max() < 0.02
    for name in ("age", "gain"):
        assert stats.ks_2samp(real[name], made[name]).statistic < 0.02
        assert (made[name].min(), made[name].max()) == (real[name].min(), real[name].max())
    assert (made["gain"] == 0).mean() == pytest.approx((real["gain"] == 0).mean(), abs=0.02)


def test_what_columns_have_to_do_with_each_other_is_kept(fitted: Generator, people: Splits) -> None:
    real, made = frame(people.train.x, people), frame(fitted.sample(20_000, seed=0), people)
    for one, two in (("degree", "job"), ("job", "rich"), ("degree", "rich")):
        tables = [pd.crosstab(part[one], part[two], normalize=True) for part in (real, made)]
        apart = np.outer(tables[0].sum(axis=1), tables[0].sum(axis=0))
        off, without = ((tables[0] - other).abs().to_numpy().sum() for other in (tables[1], apart))
        assert off < 0.4 * without
    days = [pd.to_datetime(part["seen"]).astype("int64") for part in (real, made)]
    ranks = [stats.spearmanr(part["age"], day).statistic for part, day in zip((real, made), days, strict=True)]
    assert ranks[0] > 0.5
    assert ranks[1] == pytest.approx(ranks[0], abs=0.05)


def test_every_point_is_such_as_the_file_has(fitted: Generator, people: Splits) -> None:
    points, real = fitted.sample(1000, seed=0), people.train
    job = slice(2, 6)
    assert {tuple(row) for row in points[:, job].tolist()} == {tuple(row) for row in real.x[:, job].tolist()}
    for place in (0, 1, 7):  # age, degree and rich: whole numbers and levels are those of train
        assert set(points[:, place].tolist()) <= set(real.x[:, place].tolist())
    assert len(set(points[:, 8].tolist()) - set(real.x[:, 8].tolist())) > 100  # dates are not


def test_a_level_that_train_has_not_is_never_drawn(people: Splits) -> None:
    without = people.train.take(people.train.x[:, 2] == 0)  # its first level of job
    points = GaussianCopula(GaussianCopulaConfig()).fit(without, seed=0).sample(2000, seed=0)
    assert (points[:, 2] == 0).all()
    assert (points[:, 2:6].count_nonzero(dim=1) == 1).all()


def test_it_is_read_again_as_it_was_written(fitted: Generator, people: Splits) -> None:
    again = make_generator("gaussian_copula").load_state(fitted.state() or {})
    assert torch.equal(again.sample(600, seed=3), fitted.sample(600, seed=3))


def test_points_without_columns_are_numbers(digits: Splits) -> None:
    points = GaussianCopula(GaussianCopulaConfig()).fit(digits.train, seed=0).sample(500, seed=0)
    assert points.shape == (500, 1, 8, 8)
    real, made = (x.flatten(1).numpy() for x in (digits.train.x, points))
    lit = real.std(0) > 0.05
    difference = np.corrcoef(real[:, lit].T) - np.corrcoef(made[:, lit].T)
    assert np.abs(difference).mean() < 0.08
    assert np.abs(np.corrcoef(real[:, lit].T)).mean() > 0.16


def test_a_table_that_was_not_split_is_named(people: Splits) -> None:
    spec = people.train.spec
    codes = people.train.take(slice(10))
    bare = type(codes)(codes.x[:, :6], None, type(spec)(**{**vars(spec), "shape": (6,)}))
    with pytest.raises(ValueError, match="must have been encoded; call split first"):
        GaussianCopula(GaussianCopulaConfig()).fit(bare, seed=0)
