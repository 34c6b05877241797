"""Transfer: test is of another set, in the size of the source, and everything else stays the source's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from synthmix.config.cell import CellConfig, check
from synthmix.config.composing.composer import composer
from synthmix.data.base import Dataset, Splits, assemble
from synthmix.data.sources.digits import load_digits
from synthmix.data.split import split
from synthmix.data.transfer import resized, transferred
from synthmix.pipeline.resources import Resources
from synthmix.spec import unit_images
from synthmix.study.asked import asked_of
from synthmix.tracking.none import Tracker


def cut(seed: int = 0) -> Splits:
    return split(load_digits(), seed=seed, n_train=100, n_val=50, n_test=60, n_reserve=0)


def images(n: int, side: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, side, side, generator=generator), torch.arange(n) % 10


def other(*, side: int = 16, official: bool = True) -> Dataset:
    spec = unit_images("other", (1, side, side))
    return assemble(spec, *images(40, side), test=images(30, side, seed=2) if official else None)


@pytest.mark.parametrize("official", [True, False])
def test_test_is_the_official_one_of_the_other_set_or_all_of_it(official: bool) -> None:
    found, given = transferred(cut(), other(official=official)).test, other(official=official)
    held_out = given if given.test is None else given.test
    assert found.spec == load_digits().spec  # as anything that was fitted on the source takes it
    assert len(found) == (30 if official else 40)
    assert found.y is not None
    assert held_out.y is not None
    assert torch.equal(found.y, held_out.y)
    assert torch.allclose(found.x, resized(held_out.x, found.spec))


@pytest.mark.parametrize("seed", [0, 3])
def test_all_else_is_the_source_s_and_test_the_same_for_every_seed(seed: int) -> None:
    own, found = cut(seed), transferred(cut(seed), other())
    for part in ("train", "pool", "val"):
        assert torch.equal(getattr(found, part).x, getattr(own, part).x)
        assert torch.equal(getattr(found, part).y, getattr(own, part).y)
    assert torch.equal(found.test.x, transferred(cut(7), other()).test.x)


@pytest.mark.parametrize(("side", "to"), [(28, 8), (16, 28), (28, 16), (16, 8), (8, 28)])
def test_images_are_resized_as_pillow_does_it(side: int, to: int) -> None:
    x, _ = images(5, side)
    found = resized(x, unit_images("source", (1, to, to)))
    for image, expected in zip(found[:, 0].numpy(), x[:, 0].numpy(), strict=True):
        by_pillow = Image.fromarray(expected).resize((to, to), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(image, np.asarray(by_pillow), atol=1e-5)


def test_images_of_the_same_size_stay_as_they_are_and_a_white_one_is_within_the_range() -> None:
    x, _ = images(5, 8)
    assert torch.equal(resized(x, load_digits().spec), x)
    assert resized(torch.ones(1, 1, 16, 16), unit_images("source", (1, 28, 28))).max() <= 1


def test_copies_are_counted_among_the_new_held_out_points() -> None:
    own = cut()
    assert own.train.y is not None
    test = (torch.cat([own.train.x[:3], own.pool.x[:2], torch.rand(4, 1, 8, 8)]), torch.arange(9))
    found = transferred(own, assemble(unit_images("other", (1, 8, 8)), *images(40, 8), test=test))
    without = replace(own, test=own.test.take(slice(0)))  # what val alone has
    assert transferred(without, other()).duplicates_across + 5 == found.duplicates_across


@pytest.fixture
def resources(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resources:
    monkeypatch.setenv("SYNTHMIX_DATA", str(data_root))
    return Resources.at(Tracker(None, "transfer"), tmp_path / "store")


def cell(*overrides: str) -> CellConfig:
    transfer = ("data=digits", "task=classification", "classifier=knn", "model=duplicate", "task.test_data=usps")
    with composer() as compose:
        return check(compose([*transfer, *overrides]))


def test_a_cell_is_tested_on_the_other_set_and_one_without_it_on_its_own(resources: Resources) -> None:
    without, of_usps = resources.splits(cell("task.test_data=null")), resources.splits(cell())
    assert (len(without.test), len(of_usps.test)) == (497, 2007)
    assert of_usps.test.x.shape[1:] == without.test.x.shape[1:]
    assert torch.equal(of_usps.train.x, without.train.x)


def test_pollution_of_train_leaves_the_other_set_clean(resources: Resources) -> None:
    clean, dirty = resources.splits(cell()), resources.splits(cell("data.pollute=mislabelled"))
    assert torch.equal(clean.test.x, dirty.test.x)
    assert clean.train.y is not None
    assert dirty.train.y is not None
    assert not torch.equal(clean.train.y, dirty.train.y)


@pytest.mark.parametrize("ratio", [0, 1])
def test_a_transfer_s_cell_and_the_same_one_without_it_share_all_stages_but_the_cell(
    ratio: int, resources: Resources
) -> None:
    one, two = (
        resources.dependencies(cell(f"task.test_data={name}", f"mix.ratio={ratio}")) for name in ("null", "usps")
    )
    assert one.generator.key == two.generator.key
    assert one.quality.key == two.quality.key
    assert one.representation.key == two.representation.key
    assert one.cell.key != two.cell.key


def test_another_file_of_the_other_set_is_another_cell_though_its_name_is_the_same(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, before = cell("mix.ratio=0"), resources.dependencies(cell("mix.ratio=0"))
    usps = resources.test_set(known)
    assert usps is not None
    changed = replace(usps, spec=replace(usps.spec, digest="another"))
    monkeypatch.setattr(Resources, "test_set", lambda self, config: changed)
    after = resources.dependencies(known)
    assert asked_of(after).key == after.cell.key != before.cell.key
    assert asked_of(before).depends_on().cell.key == before.cell.key  # which a report asks, long after
    assert asked_of(before).is_current
