from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from synthmix.config.cell import check_member
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.members import RepresentationConfig
from synthmix.config.nodes import build, check_node, member_types
from synthmix.config.plain import plain
from synthmix.spec import DataSpec, Outline


def node(member: str, **changes: object) -> dict[str, Any]:
    return composed(member) | changes


@cache
def composed(member: str) -> dict[str, Any]:
    with composer() as compose:
        return plain(compose([f"representation={member}"]).representation)


def faults(member: str, n_train: int | None = 100, **changes: object) -> list[str]:
    """The lines that a cell on 8×8 images with 1,200 points to learn from would get."""
    values = node(member, **changes)
    kind = member_types()[values["_target_"]]
    lines = check_node(kind, values, "representation")
    if lines:
        return lines
    outline = Outline(DataSpec("digits", "image", (1, 8, 8), (-1.0, 1.0), 10), 1200)
    size = (1200, "points to learn from") if n_train is None else (n_train, "data.n_train")
    cell: Any = SimpleNamespace(outline=outline, train_size=size)
    return list(build(kind, values).faults(cell))


@pytest.mark.parametrize("member", ["identity", "pca"])
def test_the_yaml_has_no_fault(member: str) -> None:
    assert faults(member) == []


@pytest.mark.parametrize("member", ["identity", "pca", "standardize"])
def test_the_yaml_builds_once_the_cell_has_read_fit_on(member: str) -> None:
    config = check_member(node(member), "representation")
    assert isinstance(config, RepresentationConfig)
    assert config.fit_on == "train"
    assert hasattr(instantiate(config), "transform")


def test_pca_has_no_more_components_than_values_or_points() -> None:
    assert faults("pca", n_components=200) == ["representation.n_components=200: must be ≤ 64 (values of a point)"]
    assert faults("pca", 20, n_components=21) == ["representation.n_components=21: must be ≤ 20 (data.n_train)"]
    assert faults("pca", None, n_components=64) == []


def test_values_out_of_range_are_named() -> None:
    assert faults("identity", fit_on="test") == ["representation.fit_on=test: allowed: train, mixture"]
    assert faults("pca", n_components=0) == ["representation.n_components=0: must be ≥ 1"]
