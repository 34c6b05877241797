"""Hydra's errors as one line each, with what is allowed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra import compose as hydra_compose
from hydra.core.global_hydra import GlobalHydra
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from synthmix.config.composing import composer as composer_module
from synthmix.config.composing.composer import Composer, composer, conf_dir
from synthmix.config.composing.grammar import parse
from synthmix.errors import InvalidInput


def faults_of(*overrides: str) -> Sequence[str]:
    with composer() as compose, pytest.raises(InvalidInput) as error:
        compose(overrides)
    return error.value.faults


def test_a_config_is_what_its_files_say() -> None:
    with composer() as compose:
        config = compose(["model=jitter", "mix.ratio=2"])
    assert config.model == {"_target_": "synthmix.generators.controls.Jitter", "name": "jitter", "noise": 0.3}
    assert config.mix == {"ratio": 2, "synthetic_weight": 1.0}
    assert "hydra" not in config


def test_hydra_is_left_as_it_was() -> None:
    with composer():
        pass
    assert not GlobalHydra.instance().is_initialized()


def test_every_unknown_key_is_told_with_what_is_allowed_there() -> None:
    assert faults_of("mix.ratios=2", "model=gan", "model.networks.hiden=[3]", "sede=1") == (
        "mix.ratios=2: unknown key; did you mean ratio? allowed: ratio, synthetic_weight",
        "model.networks.hiden=[3]: unknown key; did you mean hidden? allowed: hidden, name, spectral_norm",
        "sede=1: unknown key; did you mean seed? allowed: "
        "clusterer, data, gate, metrics, mix, model, paths, quality, representation, seed, study, task, threads, "
        "tracking, trainer, tuning",
    )


@pytest.mark.parametrize("value", ["null", "3", "1.5", "true"])
def test_a_group_takes_a_name_only(value: str) -> None:
    assert faults_of(f"gate={value}", f"trainer={value}") == (
        f"gate={value}: no such member; allowed: authentic, discriminator, none, top_k, typicality",
        f"trainer={value}: no such member; allowed: bf16, default, gpu",
    )


def test_an_unknown_member_is_told_with_the_known_ones() -> None:
    assert faults_of("trainer=tpu") == ("trainer=tpu: no such member; allowed: bf16, default, gpu",)
    assert faults_of("experiment=nope")[0].endswith(", ratio_study, articles/…")  # the folders after the files


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


MEMBERS = {
    group: sorted(file.stem for file in (conf_dir() / group).glob("*.yaml") if file.stem != "table")
    for group in ("data", "model", "gate", "representation", "clusterer", "trainer", "experiment", "debug")
}
VALUES = [
    *("seed=3", "seed=4", "mix.ratio=0.5", "mix={ratio: 2}", "mix.synthetic_weight=0.25", "threads=2"),
    *("data.n_train=7", "data.n_train=null", "representation.fit_on=mixture", "clusterer.n_clusters=4"),
    *("+model.extra=1", "+new.deeply.nested=[1,2]", "~mix.ratio", "++mix.ratio=9", "paths.store='a b,c'"),
    *("quality.extractors=[pca,pixels]", "study.learning_curve=[]", "tracking.uri=null", "trainer.limit_steps=5"),
    *("hydra.job.chdir=true", "hydra.sweep.dir=elsewhere", "hydra/launcher=joblib", "model.name=${data.name}"),
    *("model={name: other}", "+model={more: 1}", "clusterer={n_clusters: 3}"),
]
chosen_members = st.dictionaries(st.sampled_from(sorted(MEMBERS)), st.integers(0, 20), max_size=4).map(
    lambda drawn: [f"{group}={MEMBERS[group][number % len(MEMBERS[group])]}" for group, number in drawn.items()]
)
overrides = st.tuples(chosen_members, st.lists(st.sampled_from(VALUES), max_size=4)).flatmap(
    lambda parts: st.permutations([*parts[0], *parts[1]])
)


@pytest.fixture(scope="module")
def compose() -> Iterator[Composer]:
    with composer() as compose:
        yield compose


@settings(max_examples=20)
@given(st.lists(overrides, min_size=1, max_size=2))
def test_a_cell_of_a_sweep_is_what_hydra_composes(compose: Composer, sweep: list[list[str]]) -> None:
    for words in sweep:
        try:
            expected = hydra_compose("run", overrides=words)
        except Exception:  # noqa: BLE001  whatever Hydra does not take
            with pytest.raises(InvalidInput):
                compose.cell(words)
        else:
            assert_same(compose.cell(words), expected)


def assert_same(found: dict[str, Any], expected: DictConfig) -> None:
    assert found == OmegaConf.to_container(expected, resolve=True)
    assert json.dumps(found) == json.dumps(OmegaConf.to_container(expected, resolve=True))  # 1 is not 1.0, nor True


@pytest.mark.parametrize(
    "words",
    [
        ["model.steps=5", "model={steps: 6}"],
        ["model={steps: 6}", "model.steps=5"],
        ["model.steps=5", "model=gan", "model.steps=7", "seed=1", "seed=2"],
        ["clusterer=gmm_on_pca", "representation=standardize"],
        ["experiment=digits_demo", "data.n_train=9"],
        ["representation=autoencoder", "trainer.limit_steps=5"],
        ["representation=autoencoder", "trainer.limit_steps=5", "representation.limit_steps=7"],
        ["representation=vae", "trainer=gpu", "trainer.precision=bf16-mixed", "representation.generator.steps=3"],
    ],
)
def test_the_order_of_overrides_counts_as_it_does_for_hydra(words: list[str], compose: Composer) -> None:
    assert_same(compose.cell(words), hydra_compose("run", overrides=words))


def test_cells_do_not_share_what_was_changed_in_one(compose: Composer) -> None:
    first = compose.cell(["model=gan", "seed=1"])
    first["model"]["networks"]["hidden"].append(3)
    first["mix"]["ratio"] = 77
    assert_same(compose.cell(["model=gan", "seed=1"]), hydra_compose("run", overrides=["model=gan", "seed=1"]))


def test_a_cell_may_come_from_the_users_own_folder(tmp_path: Path, compose: Composer) -> None:
    own = []
    for name, noise in (("one", 0.25), ("two", 0.75)):
        (tmp_path / name / "model").mkdir(parents=True)
        text = f"_target_: synthmix.generators.controls.Jitter\nname: jitter\nnoise: {noise}\n"
        (tmp_path / name / "model" / "mine.yaml").write_text(text)
        own.append(f"hydra.searchpath=[file://{tmp_path / name}]")
    found = [compose.cell([where, "model=mine", f"seed={seed}"])["model"]["noise"] for where in own for seed in (0, 1)]
    assert found == [0.25, 0.25, 0.75, 0.75]


@pytest.mark.usefixtures("compose")
def test_many_choices_of_members_are_what_hydra_composes_each(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[Sequence[str]] = []
    plainly = composer_module._compose

    def counted(words: Sequence[str], groups: Any) -> DictConfig:
        composed.append(words)
        return plainly(words, groups)

    for name, value in {"_OWN_BASES": {}, "FEW": 0, "_compose": counted}.items():
        monkeypatch.setattr(composer_module, name, value)
    compose = Composer()
    choices = ["representation=vae", "trainer=gpu", "hydra/launcher=joblib"]
    for model, learner in itertools.product(("gan", "duplicate"), ("kmeans", "dec")):
        words = [f"model={model}", f"clusterer={learner}", *choices, "trainer.limit_steps=7"]
        assert_same(compose.cell(words), hydra_compose("run", overrides=words))
    assert len(composed) == 1 + 2 + 2 + 2  # without any, and with each of the members by itself
    words = ["task=compression", "codec=vae", "model=gan"]  # of which one brings a group that another needs
    assert_same(compose.cell(words), hydra_compose("run", overrides=words))


def test_the_faults_of_a_cell_are_those_of_a_plain_call(compose: Composer) -> None:
    for words in (["sede=1", "model=gan"], ["model=gann"], ["mix.ratios=2", "model.stepss=3"], ["gate=null"]):
        with pytest.raises(InvalidInput) as plainly:
            compose(words)
        with pytest.raises(InvalidInput) as cell:
            compose.cell(words)
        assert cell.value.faults == plainly.value.faults
