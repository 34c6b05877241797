"""Hydra's errors as one line each, with what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra

from synthmix.composition import composer, conf_dir, parse
from synthmix.errors import InvalidInput


def faults_of(*overrides: str) -> Sequence[str]:
    with composer() as compose, pytest.raises(InvalidInput) as error:
        compose(overrides)
    return error.value.faults


def test_a_config_is_what_its_files_say() -> None:
    with composer() as compose:
        config = compose(["model=jitter", "mix.ratio=2"])
    assert config.model == yaml.safe_load((conf_dir() / "model" / "jitter.yaml").read_text())
    assert config.mix == yaml.safe_load((conf_dir() / "run.yaml").read_text())["mix"] | {"ratio": 2}
    assert "hydra" not in config


def test_hydra_is_left_as_it_was() -> None:
    with composer():
        pass
    assert not GlobalHydra.instance().is_initialized()


def test_every_unknown_key_is_told_with_what_is_allowed_there() -> None:
    assert faults_of("mix.ratios=2", "model=gan", "model.networks.hiden=[3]", "sede=1") == (
        "mix.ratios=2: unknown key; did you mean ratio? allowed: ratio, synthetic_weight",
        "model.networks.hiden=[3]: unknown key; did you mean hidden? allowed: hidden, name",
        "sede=1: unknown key; did you mean seed? allowed: "
        "clusterer, data, gate, mix, model, paths, quality, representation, seed, threads, tracking, trainer",
    )


@pytest.mark.parametrize("value", ["null", "3", "1.5", "true"])
def test_a_group_takes_a_name_only(value: str) -> None:
    assert faults_of(f"gate={value}", f"trainer={value}") == (
        f"gate={value}: no such member; allowed: none",
        f"trainer={value}: no such member; allowed: bf16, default, gpu",
    )


def test_an_unknown_member_is_told_with_the_known_ones() -> None:
    assert faults_of("trainer=tpu") == ("trainer=tpu: no such member; allowed: bf16, default, gpu",)


def test_a_folder_of_configs_that_is_not_there_is_told() -> None:
    assert faults_of("hydra.searchpath=[file:///nowhere/conf]") == ("hydra.searchpath: /nowhere/conf is not available",)


def test_a_file_that_is_no_yaml_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("a: [1\nb: 2")
    (fault,) = faults_of(f"hydra.searchpath=[file://{tmp_path}]", "model=mine")
    assert f'"{tmp_path}/model/mine.yaml", line 2' in fault
    assert "\n" not in fault


def test_overrides_are_read_one_by_one() -> None:
    with pytest.raises(InvalidInput) as error:
        parse(["seed=1", "model=[gan", "mix.ratio", "=3", "a=b=c"])
    assert error.value.faults == tuple(
        f"{text}: must be KEY=VALUE, with quotes around special characters"
        for text in ("model=[gan", "mix.ratio", "a=b=c", "=3")
    )
    assert [override.key_or_group for override in parse(["seed=1", "~model", "+a.b=[1,2]"])] == ["seed", "model", "a.b"]
