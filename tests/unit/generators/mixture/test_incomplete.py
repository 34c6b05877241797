"""A mixture that is fitted to rows with gaps, and what reaches it of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from synthmix.api import make_generator
from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.data.base import Splits, assemble
from synthmix.data.split import split
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.spec import DataSpec
from synthmix.tracking.none import Tracker


def cell(*overrides: str) -> Any:
    with composer() as compose:
        return check(compose(["clusterer.n_clusters=2", *overrides]))


def splits_of(*overrides: str) -> Splits:
    resources = Resources.at(Tracker(None, "gaps"), None)  # type: ignore[arg-type]  # nothing is stored
    return resources.splits(cell(*overrides))


def test_samples_have_the_truth_that_filled_rows_have_lost() -> None:
    """By values that stay, the great half of the second column is mostly hidden: medians move and shrink it."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 4000))
    dataset = assemble(DataSpec("table", "table", (2,), None, None), x, None)
    train = split(dataset, seed=0, n_train=3000, n_val=100, n_test=100, n_reserve=0).train
    gone = torch.zeros(train.x.shape, dtype=torch.bool)
    gone[:, 1] = torch.rand(3000, generator=torch.Generator().manual_seed(0)) < torch.sigmoid(3 * train.x[:, 0])
    holed = train.x.masked_fill(gone, float("nan"))
    filled = torch.where(gone, holed[:, 1].nanmedian(), train.x)
    found, lost = (
        make_generator("gaussian_incomplete").fit(replace(train, x=given), seed=0).sample(20_000, seed=0).double()
        for given in (holed, filled)
    )
    assert found.mean(0).tolist() == pytest.approx([0, 0], abs=0.05)
    assert torch.corrcoef(found.T)[0, 1] == pytest.approx(0.9, abs=0.04)  # the regularisation takes .01 of it
    assert float(lost[:, 1].mean()) < -0.3
    assert float(torch.corrcoef(lost.T)[0, 1]) < 0.7


def test_gaps_reach_it_with_missing_model_alone_and_learners_have_filled_rows() -> None:
    hidden = ("data=toy", "data.n_train=100", "data.hide=.3", "model=gmm_incomplete")
    left, filled = (splits_of(*hidden, f"data.missing={way}", "data.impute=mixture") for way in ("model", "impute"))
    assert torch.equal(left.train.x, filled.train.x)
    generator = make_generator("gmm_incomplete")
    assert generator.material(left).x.isnan().double().mean() == pytest.approx(0.3, abs=0.1)
    assert generator.material(filled).x.isfinite().all()
    assert make_generator("duplicate").material(left).x.isfinite().all()
    assert left.train.x.isfinite().all()
    assert left.gaps is not None


def test_whether_it_has_the_gaps_is_part_of_its_key() -> None:
    base = ("data=toy", "data.n_train=100", "data.hide=.3", "model=gmm_incomplete", "data.impute=mixture")
    keys = {Dependencies(cell(*base, f"data.missing={way}"), "d", 100).generator.key for way in ("model", "impute")}
    assert len(keys) == 2
    by_itself = Dependencies(cell(*base[:-1], "data.missing=model"), "d", 100).generator.key
    assert by_itself in keys  # the mixture fills by itself what is left to models


def test_a_file_with_gaps_of_its_own_goes_to_it_as_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(50, 9, 300)
    lines = [f"{x:.4f},{'' if i % 4 == 1 else f'{2 * x + rng.normal():.4f}'},{i % 3}" for i, x in enumerate(a)]
    (tmp_path / "holes.csv").write_text("\n".join(["a,b,c", *lines]))
    of_file = ("data=table", f"data.path={tmp_path / 'holes.csv'}", "data.n_train=100", "model=gmm_incomplete")
    left = splits_of(*of_file, "data.missing=model")
    assert left.gaps is not None
    assert left.gaps[:, [0, 2]].sum() == 0
    assert 10 < left.gaps[:, 1].sum() < 40
    assert left.train.x.isfinite().all()
    # b is 2a and noise: the conditional mean of a gap follows a, where the median would not
    filled = left.train.x[left.gaps[:, 1]]
    assert (filled[:, 1] - filled[:, 0]).abs().max() < 0.3
    resources = Resources.at(Tracker(None, "gaps"), None)  # type: ignore[arg-type]  # nothing is stored
    ways = (("data.missing=model",), ("data.missing=impute", "data.impute=mixture"), ("data.missing=impute",))
    digests = {resources.dataset(cell(*of_file, *way)).spec.digest for way in ways}
    assert len(digests) == 3


def test_more_values_than_em_can_invert_are_refused() -> None:
    from synthmix.errors import InvalidInput

    with pytest.raises(InvalidInput, match="has 784 values a point; must be ≤ 256"):
        cell("data=mnist", "model=gmm_incomplete")
