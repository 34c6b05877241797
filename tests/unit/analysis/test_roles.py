"""Which arms are judged, and what they are judged against."""

from __future__ import annotations

import pytest
import yaml

from synthmix.analysis.roles import CONTROLS, role_of
from synthmix.config.composing import conf_dir

MODELS = {file.stem: yaml.safe_load(file.read_text()) for file in (conf_dir() / "model").glob("*.yaml")}


def is_trained(member: str) -> bool:
    """By gradient, or by EM."""
    return not {"steps", "max_iterations"}.isdisjoint(MODELS[member])


@pytest.mark.parametrize("member", sorted(MODELS))
def test_what_is_trained_is_judged_and_a_control_is_not(member: str) -> None:
    role = role_of(MODELS[member]["name"], 1.0)
    assert (role == "generator") == is_trained(member)


def test_every_control_can_be_chosen() -> None:
    assert set(CONTROLS) == {member for member in MODELS if not is_trained(member)}


@pytest.mark.parametrize(
    ("model", "role"),
    [
        ("duplicate", "placebo"),
        ("bootstrap", "placebo"),
        ("jitter", "control"),
        ("smote", "control"),
        ("real", "oracle"),
    ],
)
def test_the_words_of_the_design(model: str, role: str) -> None:
    assert role_of(model, 0.5) == role


@pytest.mark.parametrize("model", [*MODELS, "mine"])
def test_without_synthetic_points_every_arm_is_the_baseline(model: str) -> None:
    assert role_of(model, 0) == role_of(model, 0.0) == "baseline"


def test_a_model_of_the_users_own_is_judged() -> None:
    assert role_of("mine", 4) == "generator"
