"""Which arms are judged, and what they are judged against."""

from __future__ import annotations

import pytest
import yaml

from synthmix.config.composing.composer import conf_dir
from synthmix.generators.roles import role_at, role_of

MODELS = {file.stem: file for file in (conf_dir() / "model").glob("*.yaml")}
ROLES = {
    "duplicate": "placebo",
    "bootstrap": "placebo",
    "jitter": "control",
    "smote": "control",
    "real": "oracle",
    "truth": "oracle",
}


def test_every_control_can_be_chosen() -> None:
    assert set(ROLES) <= set(MODELS)


@pytest.mark.parametrize(("member", "role"), ROLES.items())
def test_the_words_of_the_design(member: str, role: str) -> None:
    assert role_of(yaml.safe_load(MODELS[member].read_text())["_target_"]) == role


@pytest.mark.parametrize("target", ["gan.model.Gan", "autoencoder.model.Vae", "flow.model.FlowMatching"])
def test_a_model_is_judged(target: str) -> None:
    assert role_of(f"synthmix.generators.{target}") == "generator"


def test_a_class_without_a_role_is_judged() -> None:
    assert role_of("sklearn.cluster.KMeans") == "generator"


def test_without_synthetic_points_every_arm_is_the_baseline() -> None:
    assert role_at("synthmix.generators.controls.Duplicate", 0.0) == "baseline"
    assert role_at("synthmix.generators.controls.Duplicate", 0.5) == "placebo"
