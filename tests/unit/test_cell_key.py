"""Which changes of a config make another cell of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from synthmix.cell_key import cell_key
from synthmix.composition import composer
from synthmix.config import plain
from synthmix.tracking import flatten

OVERRIDES = ["data=mnist", "model=gan", "representation=autoencoder", "clusterer=som"]
# Where results go and how often something is written changes no number.
NEVER = (
    *("data.root", "paths.store"),
    *(f"tracking.{key}" for key in ("uri", "experiment", "pictures", "study", "parent_run_id")),
    *(f"trainer.{key}" for key in ("log_every", "grid_every", "checkpoint_every", "checkpoint_dir")),
)
ONLY_WITH_SYNTHETIC_POINTS = ("model.", "gate.", "trainer.", "quality.", "mix.synthetic_weight")


def composed(overrides: Sequence[str]) -> DictConfig:
    with composer() as compose:
        return compose(overrides)


CONFIG = composed(OVERRIDES)
LEAVES = sorted(set(flatten(plain(CONFIG))) - {"mix.ratio"})


def key(ratio: float, changed: Sequence[str] = (), digest: str = "d", n_train: int = 100) -> str:
    """The cell's key once each of the named leaves has another value than before."""
    config = OmegaConf.create(plain(CONFIG))
    OmegaConf.update(config, "mix.ratio", ratio)
    for leaf in changed:
        OmegaConf.update(config, leaf, another(OmegaConf.select(config, leaf)))
    return cell_key(config, digest, n_train)


def another(value: Any) -> Any:
    if OmegaConf.is_list(value):
        return [*value, 7]
    if isinstance(value, bool) or value is None:
        return {None: "x", True: False, False: True}[value]
    return value + 1 if isinstance(value, int | float) else f"{value}x"


@given(st.sets(st.sampled_from(LEAVES), max_size=3))
def test_with_synthetic_points_all_but_where_results_go_matters(changed: set[str]) -> None:
    assert (key(1.0, sorted(changed)) == key(1.0)) == (changed <= set(NEVER))


@given(st.sets(st.sampled_from(LEAVES), max_size=3))
def test_without_synthetic_points_what_makes_them_does_not_matter(changed: set[str]) -> None:
    mattering = [leaf for leaf in changed - set(NEVER) if not leaf.startswith(ONLY_WITH_SYNTHETIC_POINTS)]
    assert (key(0, sorted(changed)) == key(0)) == (not mattering)


@pytest.mark.parametrize("leaf", LEAVES)
def test_each_leaf_alone(leaf: str) -> None:
    assert (key(1.0, [leaf]) == key(1.0)) == (leaf in NEVER)
    assert (key(0, [leaf]) == key(0)) == (leaf in NEVER or leaf.startswith(ONLY_WITH_SYNTHETIC_POINTS))


def test_the_data_and_the_ratio_matter() -> None:
    keys = [key(0), key(1.0), key(4.0), key(1.0, digest="e"), key(0, digest="e")]
    assert len(set(keys)) == len(keys)


def test_a_ratio_that_gives_no_point_is_ratio_0() -> None:
    assert key(0.009) == key(0.0) == key(0)
    assert key(0.01) != key(0)


def test_arms_share_one_baseline() -> None:
    arms = [composed([f"model={name}", "mix.ratio=0"]) for name in ("gan", "vae", "duplicate", "real")]
    assert len({cell_key(config, "d", 100) for config in arms}) == 1
