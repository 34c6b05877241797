"""What changes a stage's key and what does not, over the leaves of any config, found by walking through it."""

from __future__ import annotations

import copy
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthmix
from synthmix.config.cell import plain
from synthmix.config.composing import composer, conf_dir
from synthmix.pipeline import dependencies
from synthmix.pipeline.dependencies import Dependencies
from synthmix.stages.key import key_of

STAGES = ("generator", "pool", "quality", "representation", "cell")
TRAINED = ("gan", "vae")
CONTROLS = ("duplicate", "real", "smote")
MODELS = (*TRAINED, *CONTROLS)

# What the points of a split and their order depend on; the number of points of train and the digest come beside the
# config, and the digest stands for all keys of the data that its loader reads.
SPLIT = ("seed", "threads", "data.name", "data.n_val", "data.n_test", "data.n_reserve")
TRAINING = tuple(f"trainer.{key}" for key in ("accelerator", "precision", "limit_steps", "resume_from", "choose"))


def leaves(node: Any, path: str = "") -> Iterator[str]:
    """Dotted keys of everything in a plain config that is no dict."""
    for key, value in node.items():
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [f"{path}{key}"]


def changed(config: dict[str, Any], *keys: str) -> dict[str, Any]:
    """A copy in which these leaves have other values."""
    config = copy.deepcopy(config)
    for key in keys:
        *path, last = key.split(".")
        node = config
        for name in path:
            node = node[name]
        node[last] = another(node[last])
    return config


def another(value: Any) -> Any:
    if isinstance(value, list):
        return [*value, 7]
    if isinstance(value, bool) or value is None:
        return {None: "x", True: False, False: True}[value]
    return value + 1 if isinstance(value, int | float) else f"{value}x"


@cache
def composed(*overrides: str) -> dict[str, Any]:
    with composer() as compose:
        config: dict[str, Any] = plain(compose(overrides))
    return config


def config_of(model: str = "gan", clusterer: str = "kmeans", representation: str = "identity", **other: Any) -> Any:
    config = copy.deepcopy(composed())
    for group, member in (("model", model), ("clusterer", clusterer), ("representation", representation)):
        config[group] = copy.deepcopy(composed(f"{group}={member}")[group])
    config["representation"]["fit_on"] = other.get("fit_on", "train")
    config["mix"]["ratio"] = other.get("ratio", 1.0)
    return config


def keys(config: dict[str, Any], digest: str = "d", n_train: int = 100) -> dict[str, str]:
    depends_on = Dependencies(config, digest, n_train)
    parts = {stage: getattr(depends_on, stage) for stage in STAGES if stage != "pool"} | {"pool": depends_on.pool(0)}
    return {stage: key_of(stage, parts[stage]) for stage in STAGES}


def moved(config: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The stages whose keys differ."""
    one, two = keys(config), keys(other)
    return {stage for stage in STAGES if one[stage] != two[stage]}


def stages_that_read(key: str, config: dict[str, Any]) -> set[str]:
    """What the flow of a cell says: the stages that see a leaf, directly or through what stands before them."""
    group = key.partition(".")[0]
    mixed = config["mix"]["ratio"] > 0
    sees_mixture = {"cell"} | ({"representation"} if config["representation"]["fit_on"] == "mixture" else set())
    if key in SPLIT:
        return set(STAGES)
    if group == "model" or (key in TRAINING and config["model"]["name"] in TRAINED):
        return {"generator", "pool", "quality"} | (sees_mixture if mixed else set())
    if group == "quality":
        return {"quality", "cell"} if mixed else {"quality"}
    if group == "gate":
        return sees_mixture if mixed else set()
    if key == "mix.synthetic_weight":  # representations are fitted without weights
        return {"cell"} if mixed else set()
    if key == "mix.ratio":
        return sees_mixture
    if group == "representation":
        return {"representation", "cell"}
    return {"cell"} if group == "clusterer" else set()


bases = st.builds(
    config_of,
    model=st.sampled_from(MODELS),
    clusterer=st.sampled_from(["kmeans", "som", "gmm"]),
    representation=st.sampled_from(["identity", "pca", "autoencoder"]),
    fit_on=st.sampled_from(["train", "mixture"]),
    ratio=st.sampled_from([0, 0.0, 0.5, 1.0, 4]),
)


@settings(max_examples=150)
@given(bases, st.data())
def test_a_stage_gets_another_key_just_where_it_reads_what_has_changed(config: dict[str, Any], data: Any) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(leaves(config))), max_size=3))
    config["seed"] = data.draw(st.integers(0, 2**32 - 1))
    expected = set[str]().union(*(stages_that_read(key, config) for key in chosen))
    if "representation.fit_on" in chosen or "mix.ratio" in chosen:  # then what the other leaves do may change too
        assert moved(config, changed(config, *chosen)) >= {"cell"}
    else:
        assert moved(config, changed(config, *chosen)) == expected


@settings(max_examples=25)
@given(bases, st.sampled_from(["d", "e"]), st.sampled_from([100, 101]))
def test_the_points_and_their_number_matter_to_every_stage(config: dict[str, Any], digest: str, n_train: int) -> None:
    one, other = keys(config), keys(config, digest, n_train)
    assert [one[stage] == other[stage] for stage in STAGES] == [(digest, n_train) == ("d", 100)] * len(STAGES)


def members(group: str) -> Sequence[str]:
    return sorted(file.stem for file in (conf_dir() / group).glob("*.yaml"))


@pytest.mark.parametrize(
    ("group", "member"),
    [(group, member) for group in ("model", "clusterer", "representation", "trainer") for member in members(group)],
)
@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_each_leaf_of_each_member(group: str, member: str, ratio: float) -> None:
    model = [] if group == "model" else ["model=gan"]
    config = copy.deepcopy(composed(*model, f"{group}={member}"))
    config["mix"]["ratio"] = ratio
    trained = "steps" in config["model"]
    for key in leaves({group: config[group]}):
        reads = {"cell": ratio > 0, "generator": True, "pool": True, "quality": True, "representation": False}
        if group in ("clusterer", "representation"):
            reads = dict.fromkeys(STAGES, False) | {"cell": True, "representation": group == "representation"}
        if group == "trainer" and (key not in TRAINING or not trained):
            reads = dict.fromkeys(STAGES, False)
        assert moved(config, changed(config, key)) == {stage for stage in STAGES if reads[stage]}, key


@pytest.mark.parametrize("member", members("data"))
def test_where_the_files_lie_changes_no_key(member: str) -> None:
    config = composed(f"data={member}")
    for key in leaves({"data": config["data"]}):
        assert moved(config, changed(config, key)) == (set(STAGES) if key in SPLIT else set()), key


def test_the_version_of_the_inception_network_matters_where_it_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = {"torch_fidelity": ["pytest"]}  # a package that is installed wherever this runs
    monkeypatch.setattr(dependencies, "packages_distributions", lambda: stand_in)
    dependencies._code_of.cache_clear()
    plainly, inception = (
        Dependencies(composed(*overrides), "d", 100).quality["versions"]
        for overrides in ([], ["quality.inception_weights=file.pth"])
    )
    dependencies._code_of.cache_clear()
    assert (plainly, inception) == ({}, {"pytest": pytest.__version__})


@pytest.mark.parametrize("representation", ["autoencoder", "vae"])
def test_what_a_trained_representation_takes_from_the_trainer_matters(representation: str) -> None:
    base = ["model=duplicate", "mix.ratio=0", f"representation={representation}"]
    for override in ("trainer.precision=bf16-mixed", "trainer.limit_steps=7"):
        assert moved(composed(*base), composed(*base, override)) >= {"representation", "cell"}


def test_the_device_that_auto_means_counts() -> None:
    import torch

    for base in (["model=gan"], ["model=duplicate", "representation=autoencoder"]):
        kind = "gpu" if torch.cuda.is_available() else "cpu"
        other = "cpu" if kind == "gpu" else "gpu"
        named = {name: composed(*base, f"trainer.accelerator={name}") for name in ("auto", kind, other)}
        assert moved(named["auto"], named[kind]) == set()
        assert "cell" in moved(named["auto"], named[other])


@pytest.mark.parametrize("representation", ["identity", "pca", "autoencoder"])
def test_all_arms_share_one_baseline(representation: str) -> None:
    arms = itertools.product(members("model"), [0, 0.0, 0.009])
    cells = {keys(config_of(model, representation=representation, ratio=r))["cell"] for model, r in arms}
    assert len(cells) == 1


def test_ratios_with_the_same_number_of_points_are_one_cell() -> None:
    cells = {ratio: keys(config_of(ratio=ratio))["cell"] for ratio in (0, 0.5, 0.509, 1, 1.0, 4)}
    assert cells[0.5] == cells[0.509]
    assert cells[1] == cells[1.0]
    assert len(set(cells.values())) == 4


def test_the_number_of_synthetic_points_is_that_of_the_mixture() -> None:
    config = config_of(ratio=0.29)
    assert [Dependencies(config, "d", n).n_synthetic for n in (100, 3, 4)] == [29, 0, 1]


def test_blocks_of_a_pool_are_entries_of_their_own() -> None:
    depends_on = Dependencies(config_of(), "d", 100)
    assert len({key_of("pool", depends_on.pool(block)) for block in range(5)}) == 5


def test_what_a_stage_depends_on_can_be_read() -> None:
    config = config_of(ratio=0.5)
    depends_on = Dependencies(config, "d", 100)
    assert depends_on.generator["model"] == config["model"]
    assert depends_on.cell["clusterer"] == config["clusterer"]
    assert depends_on.cell["mix"] == {"n_synthetic": 50}
    assert depends_on.cell["weight"] == 1.0
    assert depends_on.cell["generator"] == key_of("generator", depends_on.generator)
    for stage in (depends_on.generator, depends_on.representation, depends_on.cell):
        assert stage["data"]["digest"] == "d"
        assert stage["data"]["n_train"] == 100
        assert stage["versions"].keys() >= {"torch", "scikit-learn", "numpy"}


# The key of a cell, told by a process of its own: what lies on the path is read once.
ASKS = """
import json, sys
from synthmix.pipeline.dependencies import Dependencies

print(Dependencies(json.loads(sys.argv[1]), "d", 100).cell_key)
"""


def key_told_in(folder: Path, config: dict[str, Any]) -> str:
    words = [sys.executable, "-B", "-c", ASKS, json.dumps(config)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_sentence_changed_in_the_code_of_a_stage_changes_no_key(tmp_path: Path) -> None:
    shutil.copytree(synthmix.__path__[0], tmp_path / "synthmix", ignore=shutil.ignore_patterns("__pycache__"))
    job, config = tmp_path / "synthmix" / "study" / "job.py", config_of()
    source, first = job.read_text(), key_told_in(tmp_path, config)
    assert source.startswith('"""')
    reworded = source.replace('"""', '"""In other words: ', 1)
    job.write_text(f"{reworded}\n\n# A remark.\n")
    assert key_told_in(tmp_path, config) == first
    job.write_text(f"{source}\n\nANOTHER = 1\n")
    assert key_told_in(tmp_path, config) != first


@pytest.mark.parametrize("installed", [False, True], ids=["on the path", "installed for development"])
def test_a_change_in_the_users_own_code_changes_the_key(installed: bool, tmp_path: Path) -> None:
    if installed:
        folder = tmp_path / "mylab-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mylab\nVersion: 1.0\n")
        (folder / "top_level.txt").write_text("mylab\n")
    config = config_of() | {"model": {"_target_": "mylab.MyGan", "name": "mine"}}

    def key_with(code: str) -> str:
        (tmp_path / "mylab.py").write_text(code)
        return key_told_in(tmp_path, config)

    assert key_with("class MyGan: ...") != key_with("class MyGan: pass")


@pytest.mark.parametrize(("choose", "stages"), [("last", set()), ("fd_pca", set(STAGES) - {"representation"})])
def test_how_often_states_are_looked_at_matters_where_one_is_chosen(choose: str, stages: set[str]) -> None:
    config = config_of()
    config["trainer"]["choose"] = choose
    assert moved(config, changed(config, "trainer.choose_every")) == stages
