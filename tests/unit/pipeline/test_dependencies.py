"""What changes a stage's key and what does not: every leaf of the config, of every member of every group."""

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

import synthmix
from synthmix.config.cell import from_plain
from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.plain import plain, to_plain
from synthmix.pipeline import dependencies
from synthmix.pipeline.dependencies import Declared, Dependencies
from synthmix.stages.key import key_of

STAGES = ("generator", "pool", "quality", "representation", "tuning", "candidates", "pretraining", "cell", "scores")
ALL, DERIVED = set(STAGES), {"cell", "scores"}
CONTROLS = ("bootstrap", "duplicate", "jitter", "real", "smote", "smotenc", "truth")
FITTED_BY_EM = (
    *("bernoulli_mixture", "gaussian", "gaussian_few", "gaussian_incomplete", "gaussian_naive_bayes_mixture", "gmm"),
    "gmm_incomplete",
)

# What the points of a split and their order depend on; the number of points of train and the digest come beside the
# config, and the digest stands for all keys of the data that its loader reads.
SPLIT = ("seed", "threads", "data.name", "data.n_val", "data.n_test", "data.n_reserve", "data.pollute", "data.hide")
QUALITY = ("quality.extractors", "quality.n_samples", "quality.supervised", "quality.inception_weights")
# Of these no result depends: where a cell runs, is logged and kept, how a training is watched, what is derived.
ELSEWHERE = ("tracking", "study", "paths", "data", "quality.alarms", "trainer")

LEARNER_GROUPS = ("clusterer", "detector", "codec", "classifier")

# Stands for another class wherever a config names one, of a model or a clusterer alike.
OTHER = """
class Other:
    prefix, primary, learner = "other", (), "clusterer"

class OtherTaskOfDetectors(Other):
    learner = "detector"

class OtherTaskOfCodecs(Other):
    learner = "codec"

class OtherTaskOfClassifiers(Other):
    learner = "classifier"
"""


def leaves(node: Any, path: str = "") -> Iterator[str]:
    """Dotted keys of everything in a plain config that is no dict."""
    for key, value in node.items():
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [f"{path}{key}"]


def changed(config: dict[str, Any], key: str) -> dict[str, Any]:
    """A copy in which this leaf has another value."""
    *path, last = key.split(".")
    config = node = dict(config)
    for name in path:
        node[name] = node = dict(node[name])
    if last == "_target_":
        learners = {
            "detector": "lab.OtherTaskOfDetectors",
            "codec": "lab.OtherTaskOfCodecs",
            "classifier": "lab.OtherTaskOfClassifiers",
        }
        other = next((kind for learner, kind in learners.items() if learner in config), "lab.Other")
        node[last] = other if key == "task._target_" else "lab.Other"
    else:
        node[last] = another(node[last])
    return config


def another(value: Any) -> Any:
    if isinstance(value, list):
        return [*value, 7]
    if isinstance(value, bool) or value is None:
        return {None: "x", True: False, False: True}[value]
    return value + 1 if isinstance(value, int | float) else f"{value}x"


@cache
def members(group: str) -> Sequence[str]:
    return sorted(file.stem for file in (conf_dir() / group).glob("*.yaml"))


@cache
def composed(*overrides: str) -> dict[str, Any]:
    """A composed config, with every key that has a default."""
    with composer() as compose:
        return whole(plain(compose(overrides)))


def whole(config: dict[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = to_plain(from_plain(config))
    return node


def config_of(*overrides: str, ratio: float = 1.0, fit_on: str = "train") -> dict[str, Any]:
    config = copy.deepcopy(composed(*overrides))
    config["representation"]["fit_on"], config["mix"]["ratio"] = fit_on, ratio
    return config


def declared(config: dict[str, Any], digest: str = "d", n_train: int = 100) -> dict[str, Declared]:
    depends_on = Dependencies(from_plain(config), digest, n_train)
    own = {stage: getattr(depends_on, stage) for stage in STAGES if stage not in ("pool", "scores")}
    own |= {"pool": depends_on.pool(0), "scores": depends_on.scores(depends_on.cell.key)}
    return {stage: found for stage, found in own.items() if found is not None}


def keys(config: dict[str, Any], digest: str = "d", n_train: int = 100) -> dict[str, str | None]:
    found = {stage: own.key for stage, own in declared(config, digest, n_train).items()}
    return {stage: found.get(stage) for stage in STAGES}


def moved(config: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The stages whose keys differ."""
    one, two = keys(config), keys(other)
    return {stage for stage in STAGES if one[stage] != two[stage]}


def stages_that_read(key: str, config: dict[str, Any]) -> set[str]:
    """What the flow of a cell says: the stages that see a leaf, directly or through what stands before them."""
    group, model = key.partition(".")[0], config["model"]["name"]
    is_mixed, is_detection = config["mix"]["ratio"] > 0, config["task"]["name"] == "anomaly_detection"
    begins = {"pretraining"} if "pretraining" in config.get("clusterer", {}) else set()
    sees_mixture = DERIVED | begins | ({"representation"} if config["representation"]["fit_on"] == "mixture" else set())
    searches = {"tuning"} | (set() if is_mixed else {"candidates"}) if is_tuned(config) else set()
    if key == "data.name" and config["data"]["name"] in ("table", "table_sample", "openml"):  # named after the file
        return set()
    if key == "data._target_" and config["data"]["name"] in ("table_sample", "openml"):  # tables: another class is none
        key = "data.name"
    if key in SPLIT or (is_detection and key in ("data.normal_class", "task.contamination", "task._target_")):
        return (ALL - {"tuning", "candidates", "pretraining"}) | searches | begins
    if key == "tuning" or key.startswith(tuple(f"{learner}.search" for learner in LEARNER_GROUPS)):
        return DERIVED | searches if searches else set()
    if key == "representation.fit_on":  # what tuning sees is fitted on train
        return DERIVED | {"representation"} | begins
    if group == "model" or key in settings_of_training(model, config["trainer"]["choose"]):
        return {"generator", "pool", "quality"} | (sees_mixture if is_mixed else set())
    if key in QUALITY:
        return {"quality"}
    if key == "mix.ratio":  # beside synthetic points no candidate is looked at
        return sees_mixture | (searches & {"candidates"})
    if group == "gate":
        return sees_mixture if is_mixed else set()
    if key == "mix.synthetic_weight":  # representations are fitted without weights
        return DERIVED | begins if is_mixed else set()
    if group == "representation":
        return DERIVED | {"representation"} | searches | begins
    if key.startswith("clusterer.pretraining") or (key == "clusterer._target_" and begins):
        return DERIVED | searches | begins
    if key == "task.bootstraps":  # nothing is chosen by them
        return DERIVED
    if group in ("task", *LEARNER_GROUPS):
        return DERIVED | searches
    if group == "metrics":
        return {"scores"}
    assert key.startswith(ELSEWHERE), f"{key}: nobody has said which stages read it"
    return set()


def is_tuned(config: dict[str, Any]) -> bool:
    learner = next(config[group] for group in LEARNER_GROUPS if group in config)
    return config["tuning"] == "held_out" and bool(learner["search"])


def settings_of_training(model: str, choose: str) -> set[str]:
    """The keys of `trainer` that decide what a model ends with."""
    if model in (*CONTROLS, "gaussian_copula"):
        return set()
    if model in FITTED_BY_EM:
        return {"trainer.limit_steps"}
    read = {"accelerator", "precision", "limit_steps", "resume_from", "choose"}
    return {f"trainer.{key}" for key in (read if choose == "last" else read | {"choose_every"})}


GROUPS = ("data", "model", "gate", "representation", "trainer")
# Every member of every group stands in one of these lists: the first one of each group, the second, and so on.
MEMBERS = list(itertools.zip_longest(*(members(group) for group in GROUPS)))
LEARNERS = [("clustering", "clusterer", name) for name in members("clusterer")]
LEARNERS += [("representation", "clusterer", "kmeans")]
LEARNERS += [("anomaly_detection", "detector", name) for name in members("detector")]
LEARNERS += [("compression", "codec", name) for name in members("codec")]
LEARNERS += [("classification", "classifier", name) for name in members("classifier")]
METRIC = {"mine": {"_target_": "torchmetrics.MeanSquaredError", "name": "mine", "reads": ["points"], "squared": False}}


def every_member() -> Iterator[tuple[str, ...]]:
    for number in range(max(len(MEMBERS), len(LEARNERS))):
        found = MEMBERS[number] if number < len(MEMBERS) else (None,) * len(GROUPS)
        task, group, learner = LEARNERS[number % len(LEARNERS)]
        chosen = [f"{name}={member}" for name, member in zip(GROUPS, found, strict=True) if member is not None]
        yield (*chosen, f"task={task}", f"{group}={learner}")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lab.py").write_text(OTHER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SYNTHMIX_ALLOW", "lab.,torchmetrics.")


def test_every_member_is_gone_through() -> None:
    assert {text for overrides in every_member() for text in overrides} == {
        f"{group}={member}" for group in (*GROUPS, "task", *LEARNER_GROUPS) for member in members(group)
    }


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("ratio", [0.0, 1.0])
@pytest.mark.parametrize(("number", "overrides"), list(enumerate(every_member())))
def test_each_leaf_changes_the_keys_of_the_stages_that_read_it_and_of_no_other(
    number: int, overrides: tuple[str, ...], ratio: float
) -> None:
    if "detector=pyod" in overrides:
        pytest.importorskip("pyod")
    config = config_of(*overrides, ratio=ratio, fit_on="mixture" if (number + int(ratio)) % 2 else "train")
    config["trainer"]["choose"] = ("last", "fd_pca", "kid")[number % 3]
    config["data"]["normal_class"] = 0 if "task=anomaly_detection" in overrides else None
    config["metrics"] = METRIC
    config["tuning"] = (None, "none", "held_out", "held_out")[number % 4]
    config[next(group for group in LEARNER_GROUPS if group in config)]["search"] = (
        {} if number % 4 == 3 else {"k": [1, 2]}
    )
    chosen = {text.partition("=")[0] for text in overrides}
    looked_at = [key for key in leaves(config) if key.partition(".")[0] in chosen | {"trainer"} or number < 10]
    before = keys(config)
    for key in looked_at:
        after = keys(changed(config, key))
        assert {stage for stage in STAGES if before[stage] != after[stage]} == stages_that_read(key, config), key


def test_a_generator_for_each_class_is_another_one_and_what_an_oracle_gives_is_not() -> None:
    for model, found in {
        "vae": {"generator", "pool", "quality", "cell", "scores"},
        "duplicate": {"generator", "pool", "quality", "cell", "scores"},
        "real": {"cell", "scores"},  # whose task says how synthetic points get labels, where they have none
    }.items():
        config = config_of("task=classification", f"model={model}")
        other = copy.deepcopy(config)
        other["task"]["labels"] = "per_class"
        assert moved(config, other) == found, model


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_another_set_to_be_tested_on_matters_to_the_cell_alone(ratio: float) -> None:
    config = from_plain(config_of("task=classification", ratio=ratio))
    found = [Dependencies(config, "d", 100, test) for test in (None, "e", "f")]
    for stage in ("generator", "quality", "representation"):
        assert len({getattr(depends_on, stage).key for depends_on in found}) == 1, stage
    assert len({depends_on.cell.key for depends_on in found}) == 3


SEARCH = {"reg_covar": [0.001, 0.1]}


def tuned(search: dict[str, Any] | None, *, tuning: str | None = "held_out", **more: Any) -> dict[str, Any]:
    config = config_of("clusterer=gmm", **more)
    config["tuning"], config["clusterer"]["search"] = tuning, search or {}
    return config


@pytest.mark.parametrize(("digest", "n_train"), [("d", 100), ("e", 100), ("d", 101), ("e", 101)])
@pytest.mark.parametrize("ratio", [0.0, 0.5, 4.0])
def test_the_points_and_their_number_matter_to_every_stage(digest: str, n_train: int, ratio: float) -> None:
    for model, fit_on in itertools.product(("gan", "duplicate"), ("train", "mixture")):
        config = tuned(SEARCH, ratio=ratio, fit_on=fit_on) | {"model": composed(f"model={model}")["model"]}
        one, other = keys(config), keys(config, digest, n_train)
        stages = [stage for stage in STAGES if one[stage] is not None]
        assert len(stages) == len(STAGES) - 1 - (ratio > 0)  # no net to begin with; candidates of real points alone
        assert [one[stage] == other[stage] for stage in stages] == [(digest, n_train) == ("d", 100)] * len(stages)


def test_the_version_of_the_inception_network_matters_where_it_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = {"torch_fidelity": ["pytest"]}  # a package that is installed wherever this runs
    monkeypatch.setattr(dependencies, "packages_distributions", lambda: stand_in)
    dependencies._code_of.cache_clear()
    plainly, inception = (
        Dependencies(from_plain(composed(*overrides)), "d", 100).quality.depends_on["versions"]
        for overrides in ([], ["quality.inception_weights=file.pth"])
    )
    dependencies._code_of.cache_clear()
    assert inception == plainly | {"pytest": pytest.__version__}
    assert "pytest" not in plainly


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
@pytest.mark.parametrize("fit_on", ["train", "mixture"])
def test_all_arms_share_one_baseline(representation: str, fit_on: str) -> None:
    cells = set()
    for model, gate, ratio in itertools.product(members("model"), ("none", "top_k"), (0, 0.0, 0.009)):
        config = config_of(f"representation={representation}", ratio=ratio, fit_on=fit_on)
        config |= {"model": composed(f"model={model}")["model"], "gate": composed(f"gate={gate}")["gate"]}
        config["mix"]["synthetic_weight"] = 1.0 if gate == "none" else 0.5
        found = keys(config)
        cells.add((found["representation"], found["cell"]))
    assert len(cells) == 1


@pytest.mark.parametrize("fit_on", ["train", "mixture"])
def test_ratios_with_the_same_number_of_points_are_one_cell(fit_on: str) -> None:
    cells = {ratio: keys(config_of(ratio=ratio, fit_on=fit_on))["cell"] for ratio in (0, 0.5, 0.509, 1, 1.0, 4)}
    assert cells[0.5] == cells[0.509]
    assert cells[1] == cells[1.0]
    assert len(set(cells.values())) == 4


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_a_learner_with_nothing_to_choose_has_one_cell_tuned_or_not(ratio: float) -> None:
    cells = {keys(tuned({}, tuning=tuning, ratio=ratio))["cell"] for tuning in (None, "none", "held_out")}
    untuned = {keys(tuned(search, tuning="none", ratio=ratio))["cell"] for search in (SEARCH, {"tol": [1, 2]})}
    assert len(cells | untuned) == 1
    assert keys(tuned(SEARCH, ratio=ratio))["cell"] not in cells


def test_all_arms_and_ratios_share_what_is_chosen() -> None:
    found = {
        keys(tuned(SEARCH, ratio=ratio, fit_on=fit_on) | {"model": composed(f"model={model}")["model"]})["tuning"]
        for model, ratio, fit_on in itertools.product(("gan", "duplicate"), (0, 1, 4), ("train", "mixture"))
    }
    assert len(found) == 1


def test_another_search_is_another_choice_and_another_cell() -> None:
    one, other = (keys(tuned({"reg_covar": values}, ratio=0)) for values in ([0.001, 0.1], [0.001, 0.2]))
    assert {stage for stage in STAGES if one[stage] != other[stage]} == {"tuning", "candidates"} | DERIVED


def test_the_number_of_synthetic_points_is_that_of_the_mixture() -> None:
    config = from_plain(config_of(ratio=0.29))
    assert [Dependencies(config, "d", n).n_synthetic for n in (100, 3, 4)] == [29, 0, 1]


def test_blocks_of_a_pool_are_entries_of_their_own() -> None:
    depends_on = Dependencies(from_plain(config_of()), "d", 100)
    assert len({depends_on.pool(block).key for block in range(5)}) == 5


def test_what_a_stage_depends_on_can_be_read() -> None:
    config = config_of("model=gan", ratio=0.5)
    found = {stage: own.depends_on for stage, own in declared(config).items()}
    assert found["generator"]["model"] == config["model"]
    assert found["cell"]["learner"] == config["clusterer"] | {"search": {}}
    assert found["cell"]["n_synthetic"] == 50
    assert found["cell"]["mix"] == {"synthetic_weight": 1.0}
    assert found["cell"]["generator"] == key_of("generator", found["generator"])
    for stage in ("generator", "representation", "cell"):
        assert found[stage]["data"]["digest"] == "d"
        assert found[stage]["data"]["n_train"] == 100
        assert found[stage]["versions"].keys() >= {"torch", "scikit-learn", "numpy"}


# The key of a cell, told by a process of its own: what lies on the path is read once.
ASKS = """
import json, sys
from synthmix.config.cell import from_plain
from synthmix.pipeline.dependencies import Dependencies

print(Dependencies(from_plain(json.loads(sys.argv[1])), "d", 100).cell.key)
"""


def key_told_in(folder: Path, config: dict[str, Any]) -> str:
    words = [sys.executable, "-B", "-c", ASKS, json.dumps(config)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_sentence_changed_in_the_code_of_a_cell_changes_no_key_and_a_change_of_the_code_does(tmp_path: Path) -> None:
    shutil.copytree(synthmix.__path__[0], tmp_path / "synthmix", ignore=shutil.ignore_patterns("__pycache__"))
    file, config = tmp_path / "synthmix" / "cell.py", config_of("model=duplicate")
    source, first = file.read_text(), key_told_in(tmp_path, config)
    assert source.startswith('"""')
    reworded = source.replace('"""', '"""In other words: ', 1)
    file.write_text(f"{reworded}\n\n# A remark.\n")
    assert key_told_in(tmp_path, config) == first
    file.write_text(f"{source}\n\nANOTHER = 1\n")
    assert key_told_in(tmp_path, config) != first


@pytest.mark.parametrize("installed", [False, True], ids=["on the path", "installed for development"])
def test_a_change_in_the_users_own_code_changes_the_key(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installed:
        folder = tmp_path / "mylab-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mylab\nVersion: 1.0\n")
        (folder / "top_level.txt").write_text("mylab\n")
    config = config_of() | {"model": {"_target_": "mylab.MyGan", "name": "mine"}}
    monkeypatch.setenv("SYNTHMIX_ALLOW", "mylab.")

    def key_with(code: str) -> str:
        (tmp_path / "mylab.py").write_text(code)
        return key_told_in(tmp_path, config)

    assert key_with("class MyGan: ...") != key_with("class MyGan: pass")
