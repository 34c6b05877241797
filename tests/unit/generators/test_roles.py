"""Which arms are judged, and what they are judged against."""

from __future__ import annotations

import pytest

from synthmix.config.composing.composer import composer, conf_dir
from synthmix.generators.roles import is_stored, role_at, role_of, trainer_keys

MODELS = sorted(file.stem for file in (conf_dir() / "model").glob("*.yaml"))
ROLES = {
    "duplicate": "placebo",
    "bootstrap": "placebo",
    "jitter": "control",
    "smote": "control",
    "smotenc": "control",
    "real": "oracle",
    "truth": "oracle",
}


def target_of(member: str) -> str:
    with composer() as compose:
        return str(compose([f"model={member}"]).model._target_)


def test_every_control_can_be_chosen() -> None:
    assert set(ROLES) <= set(MODELS)


@pytest.mark.parametrize(("member", "role"), ROLES.items())
def test_the_words_of_the_design(member: str, role: str) -> None:
    assert role_of(target_of(member)) == role


@pytest.mark.parametrize("target", ["gan.model.Gan", "autoencoder.model.Vae", "flow.model.FlowMatching"])
def test_a_model_is_judged(target: str) -> None:
    assert role_of(f"synthmix.generators.{target}") == "generator"


def test_a_class_without_a_role_is_judged() -> None:
    assert role_of("sklearn.cluster.KMeans") == "generator"


def test_without_synthetic_points_every_arm_is_the_baseline() -> None:
    assert role_at("synthmix.generators.controls.Duplicate", 0.0) == "baseline"
    assert role_at("synthmix.generators.controls.Duplicate", 0.5) == "placebo"


@pytest.mark.parametrize("member", MODELS)
def test_a_fit_is_stored_where_it_is_that_of_a_model(member: str) -> None:
    assert is_stored(target_of(member)) is (member not in ROLES)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("gan.model.Gan", {"accelerator", "precision", "limit_steps", "resume_from", "choose", "choose_every"}),
        ("mixture.gaussian.GaussianMixtureGenerator", {"limit_steps"}),
        ("controls.Jitter", set()),
    ],
)
def test_a_class_says_what_of_the_trainer_its_fit_depends_on(target: str, keys: set[str]) -> None:
    assert set(trainer_keys(f"synthmix.generators.{target}")) == keys


def test_what_has_no_state_is_not_stored() -> None:
    assert not is_stored("sklearn.cluster.KMeans")
