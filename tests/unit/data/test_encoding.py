"""Normal scores of ranks, and dates in parts, against answers that were found in another way; and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import QuantileTransformer

from synthmix.data import quantiles
from synthmix.data.base import Splits
from synthmix.data.columns import cells_of
from synthmix.data.encoding import decoded
from synthmix.data.quantiles import normal_curve, scores_of, values_of
from synthmix.data.scaling import Scaling
from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.loader import load_table
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.generators.copula.config import GaussianCopulaConfig
from synthmix.generators.copula.model import GaussianCopula
from synthmix.quality.columns import violations


def cut(path: Path, n_train: int, **options: Any) -> Splits:
    dataset = load_table(TableConfig(path=str(path), **options))
    return split(dataset, seed=0, n_train=n_train, n_val=50, n_test=50, n_reserve=0)


def test_scores_are_normal_quantiles_of_ranks_and_values_come_back_to_the_bit() -> None:
    values = torch.from_numpy(np.random.default_rng(0).lognormal(3, 2, 2000))
    curve = normal_curve(values)
    scores = scores_of(values, curve, 1.0).float()
    by_hand = norm.ppf((values.argsort().argsort().numpy() + 0.5) / 2000)
    np.testing.assert_allclose(scores, by_hand / by_hand.std(), atol=1e-6)
    assert torch.equal(values_of(scores.double(), curve, 1.0), values)
    theirs = QuantileTransformer(n_quantiles=2000, output_distribution="normal").fit_transform(values[:, None].numpy())
    middle = np.abs(by_hand) < 2.5  # at the ends it has plus and minus 5.2
    np.testing.assert_allclose(scores[middle], theirs[middle, 0] / by_hand.std(), atol=0.02)


def test_equal_values_have_one_score_and_train_a_variance_of_one() -> None:
    values = torch.tensor([0.0] * 6 + [1.0, 2.0, 2.0, 50.0], dtype=torch.float64)
    curve = normal_curve(values)
    scores = scores_of(values, curve, 1.0)
    assert len(scores.unique()) == 4
    assert float(scores.mean()) == pytest.approx(0, abs=1e-6)
    assert float(scores.std(correction=0)) == pytest.approx(1, abs=1e-6)
    assert normal_curve(torch.ones(5)).tolist() == [[1.0], [0.0]]


def test_beyond_train_the_curve_goes_on_in_a_line() -> None:
    curve = normal_curve(torch.arange(5, dtype=torch.float64))
    last = float(curve[1, -1])
    beyond = torch.tensor([-6.0, 4.0, 10.0], dtype=torch.float64)
    found = scores_of(beyond, curve, 2.0)
    assert found.tolist() == pytest.approx([-last - 3, last, last + 3])
    np.testing.assert_allclose(values_of(found, curve, 2.0), beyond)


def test_with_more_values_than_knots_they_come_back_to_a_thousandth_of_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MOST_KNOTS", 50)
    values = torch.from_numpy(np.sort(np.random.default_rng(0).normal(size=1000)))
    curve = normal_curve(values)
    assert curve.shape == (2, 50)
    assert curve[0, [0, -1]].tolist() == values[[0, -1]].tolist()
    back = values_of(scores_of(values, curve, 1.0).float().double(), curve, 1.0)
    assert float(((back - values).abs() / curve[0].diff().min()).max()) < 1e-3


def test_a_table_by_ranks_has_no_tails_and_its_own_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"income": rng.lognormal(0, 3, 300), "visits": rng.poisson(2, 300), "far": 10**15 + rng.permutation(300)}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    plain, ranked = cut(tmp_path / "t.csv", 150), cut(tmp_path / "t.csv", 150, numeric="quantile")
    assert ranked.train.spec.digest != plain.train.spec.digest
    assert float(plain.train.x[:, 0].abs().max()) > 6 > 3.5 > float(ranked.train.x[:, 0].abs().max())
    np.testing.assert_allclose(ranked.train.x.std(dim=0, correction=0), 1, atol=1e-5)
    back = pd.DataFrame(decoded(ranked.train.x, ranked.train.spec, ranked.scaling))
    rows = frame.set_index("far").loc[back["far"]]
    assert (back["income"].to_numpy() == rows["income"].to_numpy()).all()  # sixteen digits
    assert (back["visits"].to_numpy() == rows["visits"].to_numpy()).all()
    unseen = pd.DataFrame(decoded(ranked.test.x, ranked.test.spec, ranked.scaling)).sort_values("far")
    known = frame.set_index("far").loc[unseen["far"]]
    np.testing.assert_allclose(unseen["income"], known["income"], rtol=1e-4)
    assert violations(ranked.train.x, ranked)["violations"] == 0
    assert ranked.scaling is not None
    again = Scaling(**vars(ranked.scaling))  # as a generator stores it
    assert torch.equal(again.undone(ranked.train.x), ranked.scaling.undone(ranked.train.x))


def dated(folder: Path, n: int = 400) -> tuple[Path, pd.DataFrame]:
    """Ten years of days; what is bought depends on the month alone."""
    rng = np.random.default_rng(0)
    days = pd.to_datetime("2010-01-01") + pd.to_timedelta(rng.permutation(3650)[:n], unit="D")
    winter = np.isin(days.month, [11, 12, 1, 2])
    frame = pd.DataFrame(
        {"day": days.strftime("%Y-%m-%d"), "sold": rng.normal(0, 1, n).round(3), "winter": winter.astype(int)}
    )
    frame.to_csv(folder / "d.csv", index=False)
    return folder / "d.csv", frame


def test_a_date_in_parts_has_a_month_and_a_weekday_on_circles(tmp_path: Path) -> None:
    path, frame = dated(tmp_path)
    splits = cut(path, 200, dates="parts")
    assert splits.train.spec.shape == (7,)
    back = pd.DataFrame(decoded(splits.train.x, splits.train.spec, splits.scaling))
    assert set(back["day"]) <= set(frame["day"])
    days = pd.to_datetime(back["day"])
    for turn, at in ((days.dt.month - 1) / 12, 1), (days.dt.day_of_week / 7, 3):
        np.testing.assert_allclose(splits.train.x[:, at], np.sin(2 * np.pi * turn), atol=1e-6)
        np.testing.assert_allclose(splits.train.x[:, at + 1], np.cos(2 * np.pi * turn), atol=1e-6)
    number = cut(path, 200)
    assert torch.equal(splits.train.x[:, 0], number.train.x[:, 0])
    (day, *_) = cells_of(splits.train.x, splits.train.spec, splits.scaling)
    assert day.column.name == "day"
    assert len(cells_of(splits.train.x, splits.train.spec, splits.scaling)) == 3


def test_seasons_can_be_seen_in_parts_and_not_in_the_number(tmp_path: Path) -> None:
    path, _ = dated(tmp_path)
    found = []
    for dates in ("number", "parts"):
        splits = cut(path, 250, dates=dates, label_column="winter", drop_columns=["sold"])
        assert splits.train.y is not None
        month = splits.train.x[:, 1:3] if dates == "parts" else splits.train.x[:, :1]
        groups = KMeans(2, n_init=10, random_state=0).fit_predict(month.numpy())
        found.append(adjusted_rand_score(splits.train.y.numpy(), groups))
    assert found[0] < 0.05
    assert found[1] > 0.5


def test_a_generator_that_knows_columns_gives_dates_of_train_s_range_in_parts_too(tmp_path: Path) -> None:
    path, frame = dated(tmp_path)
    splits = cut(path, 250, dates="parts")
    points = GaussianCopula(GaussianCopulaConfig()).fit(splits.train, seed=0).sample(300, 0)
    assert points.shape == (300, 7)
    made = pd.DataFrame(decoded(points, splits.train.spec, splits.scaling))
    assert frame["day"].min() <= made["day"].min() <= made["day"].max() <= frame["day"].max()
    assert violations(points, splits)["out_of_range"] == 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"dates": "parts"}, "data.dates=parts: data.path=FILE has no column of dates; must be number"),
        (
            {"numeric": "quantile", "columns": {"a": "categorical", "b": "categorical"}},
            "data.numeric=quantile: data.path=FILE has no column of numbers; must be standardise",
        ),
    ],
)
def test_an_encoding_of_what_is_not_there_is_refused(tmp_path: Path, options: dict[str, Any], line: str) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{i % 3},{i % 5}\n" for i in range(200)))
    with pytest.raises(InvalidInput) as refused:
        TableConfig(path=str(tmp_path / "t.csv"), **options).extent()
    assert [fault.replace(str(tmp_path / "t.csv"), "FILE") for fault in refused.value.faults] == [line]
