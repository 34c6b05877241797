"""Every YAML under conf/, found by itself: composed, checked, built, and held against the defaults of its class."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest
from omegaconf import DictConfig, OmegaConf
from PIL import Image

from synthmix.config.cell import GROUPS, CellConfig, check, check_member
from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.composing.defaults import defaults_of
from synthmix.config.composing.described import described
from synthmix.config.instantiate import instantiate
from synthmix.config.nodes import member_types
from synthmix.config.plain import plain
from synthmix.config.schema import Member
from synthmix.study.plan import make_plan

CONF = conf_dir()
# What a member needs of the rest, where the defaults of conf/run.yaml do not suit it.
SUITS = {
    "model/truth": ["data=toy"],
    "model/vae_incomplete": ["data=toy"],
    "model/tvae": ["data=toy"],
    "model/ctgan": ["data=toy"],
    "model/text_lm": ["data=text", "data.path=documents.csv", "data.text_column=text", "clusterer.n_clusters=2"],
    "clusterer/kprototypes": ["data=table", "data.path=rows.csv", "clusterer.n_clusters=2"],
    "clusterer/gower_kmedoids": ["data=table", "data.path=rows.csv", "clusterer.n_clusters=2"],
    "data/table": ["data.path=rows.csv", "clusterer.n_clusters=2"],
    "data/table_sample": ["data.path=rows.npy", "clusterer.n_clusters=2"],
    "data/openml": ["data.id=61", "data.root=downloaded"],
    "data/image_folder": ["data.path=pictures", "clusterer.n_clusters=2"],
    "data/text": ["data.path=documents.csv", "data.text_column=text", "clusterer.n_clusters=2"],
    "data/text_wordllama": ["data.path=documents.csv", "data.text_column=text", "clusterer.n_clusters=2"],
    "gate/discriminator": ["model=gan"],
    "gate/top_k": ["model=gan"],
    "task/anomaly_detection": ["data.normal_class=0"],
}
# The learners of other tasks than the default.
TASKS = {
    "detector": ["task=anomaly_detection", "data.normal_class=0"],
    "codec": ["task=compression"],
    "classifier": ["task=classification"],
}
# Packages that synthmix does not bring.
OPTIONAL = {
    "detector/pyod": "pyod",
    "clusterer/kmedoids": "kmedoids",
    "clusterer/gower_kmedoids": "kmedoids",
    "data/text_wordllama": "wordllama",
}
OF_A_FILE = {"customer_segments"}  # experiments on a table of the user's, which need not be here
FOLDER = CONF / "experiment"
EXPERIMENTS = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.yaml"))
MEMBERS = sorted(
    path.relative_to(CONF).with_suffix("").as_posix()
    for path in CONF.rglob("*.yaml")
    if path.parent != CONF and path.relative_to(CONF).parts[0] not in ("experiment", "hydra")
)
BUILT = [
    pytest.param(member, marks=pytest.mark.skipif(find_spec(OPTIONAL[member]) is None, reason=f"no {OPTIONAL[member]}"))
    if member in OPTIONAL
    else member
    for member in MEMBERS
]


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DictConfig]:
    """conf/run.yaml with each member of each group in turn."""
    rows = tmp_path_factory.mktemp("table") / "rows.csv"
    rows.write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(300)))
    np.save(rows.with_name("rows.npy"), np.random.default_rng(0).normal(size=(300, 2)))
    documents = rows.with_name("documents.csv")
    terms = [first + second for first in "abcdefgh" for second in "uvwxyz"]
    words = [" ".join(terms[(i * j) % 47] for j in range(1, 9)) for i in range(300)]
    documents.write_text("text\n" + "".join(f"{line}\n" for line in words))
    pictures = tmp_path_factory.mktemp("pictures")
    for i in range(300):
        Image.new("L", (8, 8), i % 256).save(pictures / f"{i}.png")
    kept = tmp_path_factory.mktemp("downloaded") / "openml" / "61"
    kept.parent.mkdir()
    pd.DataFrame({"a": range(300), "kind": pd.Categorical(["x", "y", "z"] * 100)}).to_parquet(f"{kept}.parquet")
    Path(f"{kept}.json").write_text('{"target": "kind"}')
    places = {
        "rows.csv": rows,
        "rows.npy": rows.with_name("rows.npy"),
        "documents.csv": documents,
        "pictures": pictures,
        "downloaded": kept.parent.parent,
    }
    fitting = {name: [placed(text, places) for text in texts] for name, texts in SUITS.items()}
    with composer() as compose:
        return {
            member: compose(
                [
                    *TASKS.get(member.split("/")[0], []),
                    member.replace("/", "="),
                    *fitting.get(member, []),
                ]
            )
            for member in MEMBERS
        }


def placed(text: str, places: dict[str, Path]) -> str:
    """An override, with the full path in place of the name of a file."""
    key, _, value = text.partition("=")
    return f"{key}={places.get(value, value)}"


def test_every_yaml_is_a_member_an_experiment_or_one_of_hydras_own() -> None:
    assert {path.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml")} == {
        "run.yaml",
        "hydra/default.yaml",
        *(f"experiment/{name}.yaml" for name in EXPERIMENTS),
        *(f"{member}.yaml" for member in MEMBERS),
    }
    assert {member.split("/")[0] for member in MEMBERS} == {*GROUPS, "trainer", "tracking", "debug"}
    assert {f"{group}/" + name for group, name in [("model", "gan"), ("clusterer", "som")]} <= set(MEMBERS)


@pytest.mark.parametrize("member", BUILT)
def test_a_member_composes_and_has_no_fault(composed: dict[str, DictConfig], member: str) -> None:
    cell = check(composed[member])
    group, name = member.split("/")
    if group in GROUPS and member != "clusterer/gmm_on_pca":  # which is gmm, on another representation
        # Named after the file, and its number.
        by_content = {
            "data/table": "rows",
            "data/table_sample": "rows",
            "data/openml": "openml_61",
        }  # named after the file, and its number
        assert getattr(cell, group).name == by_content.get(member, name)


# What debug lays over the other nodes are their keys, which its composition checks.
@pytest.mark.parametrize("member", [member for member in MEMBERS if not member.startswith("debug/")])
def test_hydra_knows_exactly_the_keys_of_the_config_class(composed: dict[str, DictConfig], member: str) -> None:
    group = member.split("/")[0]
    node = plain(composed[member][group])
    if group in GROUPS and node["_target_"] not in member_types():
        return  # a class of scikit-learn, whose keys are its own parameters; a fault in one is found above
    kind = member_types()[node["_target_"]] if group in GROUPS else get_type_hints(CellConfig)[group]
    assert dict(differing_keys(kind, node, group)) == {}


def differing_keys(kind: type[Any], node: dict[str, Any], where: str) -> Iterator[tuple[str, set[str]]]:
    """Each node whose keys are not the fields of its class, at any depth."""
    fields = {field.name for field in dataclasses.fields(kind)} - {"arguments"}
    if fields != set(node):
        yield where, fields ^ set(node)
    for key, hint in get_type_hints(kind).items():
        if isinstance(hint, type) and issubclass(hint, Member) and node[key]["_target_"] in member_types():
            yield from differing_keys(member_types()[node[key]["_target_"]], node[key], f"{where}.{key}")


@pytest.mark.parametrize("part", ["mix", "quality", "study", "paths"])
def test_hydra_knows_exactly_the_keys_of_a_section(composed: dict[str, DictConfig], part: str) -> None:
    fields = {field.name for field in dataclasses.fields(get_type_hints(CellConfig)[part])}
    assert fields == set(composed["data/digits"][part])


@pytest.mark.parametrize("member", [*MEMBERS, "run"])
def test_a_yaml_states_nothing_that_holds_without_it(composed: dict[str, DictConfig], member: str) -> None:
    file, group = load(CONF / f"{member}.yaml"), member.split("/")[0]
    inherited = OmegaConf.create()
    for default in file.pop("defaults", []):
        if isinstance(default, str) and default != "_self_":
            inherited = OmegaConf.merge(inherited, inherited_from(default, group, composed))
    assert [key for key, value in leaves(file) if OmegaConf.select(inherited, key, default="absent") == value] == []


def inherited_from(default: str, group: str, composed: dict[str, DictConfig]) -> dict[str, Any]:
    """What an entry of a defaults list brings: the defaults of a class, or another member."""
    name, _, package = default.partition("@")
    if name.startswith("/defaults/"):
        sections = {kind for kind in get_type_hints(CellConfig).values() if dataclasses.is_dataclass(kind)}
        kinds = {kind.__name__: kind for kind in (CellConfig, *sections, *member_types().values())}
        node: Any = dict(defaults_of(kinds[name.removeprefix("/defaults/")]))
    else:
        path = name.removeprefix("/") if name.startswith("/") else f"{group}/{name}"
        node = OmegaConf.to_container(composed[path][path.split("/")[0]])
    return node if package in ("", "_here_") else {package: node}


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in OmegaConf.to_container(node).items() if isinstance(node, DictConfig) else node.items():
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [(f"{path}{key}", value)]


@pytest.mark.parametrize("member", BUILT)
def test_what_a_member_names_can_be_built(composed: dict[str, DictConfig], member: str) -> None:
    group = member.split("/")[0]
    if group not in GROUPS[1:]:
        return  # a section is not built, and a data set would be loaded
    config = check_member(plain(composed[member][group]), group)
    more = {"estimator": None, "spec": None} if group == "task" else {}
    built, target = instantiate(config, **more), config._target_
    assert f"{type(built).__module__}.{type(built).__name__}".startswith(target.split(".")[0])
    assert type(built).__name__ == target.rpartition(".")[2]


def test_every_target_written_in_conf_belongs_to_a_member_that_was_built(composed: dict[str, DictConfig]) -> None:
    files = [path for path in CONF.rglob("*.yaml") if path.parent.name != "tracking"]
    written = {target for path in files for target in targets_in(OmegaConf.to_container(load(path)))}
    nodes = (plain(composed[member][member.split("/")[0]]) for member in MEMBERS if member.split("/")[0] in GROUPS)
    assert written <= {target for node in nodes for target in targets_in(node)}


def load(path: Path) -> DictConfig:
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig)
    return config


def targets_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "_target_")
        for value in node.values():
            yield from targets_in(value)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_cell_of_an_experiment_is_valid(name: str, tmp_path: Path) -> None:
    customers = tmp_path / "customers.csv"
    customers.write_text(
        "CUST_ID,BALANCE,LIMIT\n" + "".join(f"C{i},{i * 0.5},{'' if i == 7 else i % 9}\n" for i in range(2000))
    )
    plan = make_plan([f"experiment={name}", *([f"data.path={customers}"] if name in OF_A_FILE else [])], multirun=False)
    params = load(CONF / "experiment" / f"{name}.yaml").hydra.sweeper.params
    assert plan.is_study
    assert plan.experiment == name
    assert len(plan.configs) == number_of_cells(params)
    assert len({str(config) for config in plan.configs}) == len(plan.configs)


def number_of_cells(params: DictConfig) -> int:
    """The product of the numbers of values: a,b,c or range(n) or range(m,n)."""
    cells = 1
    for values in map(str, params.values()):
        words = values.removeprefix("range(").removesuffix(")").split(",")
        cells *= len(range(*map(int, words))) if values.startswith("range(") else len(words)
    return cells


@pytest.mark.parametrize("member", [*MEMBERS, *(f"experiment/{name}" for name in EXPERIMENTS)])
def test_it_says_what_it_is_in_one_line(member: str) -> None:
    assert 4 <= len(described(CONF / f"{member}.yaml")) <= 125
