"""Every YAML under conf/, found by itself: composed, checked against its schema, and bound to what it names."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from omegaconf import DictConfig, OmegaConf

from synthmix.config.cell import GROUPS, CellConfig, check, check_member
from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.data import SIZES
from synthmix.config.instantiate import instantiate
from synthmix.config.nodes import member_types
from synthmix.config.plain import plain
from synthmix.config.schema import Member
from synthmix.study.plan import make_plan

CONF = conf_dir()
# What a member needs of the rest, where the defaults of conf/run.yaml do not suit it.
SUITS = {
    "model/truth": ["data=toy"],
    "data/table": ["data.path=rows.csv", "clusterer.n_clusters=2"],
    "gate/discriminator": ["model=gan"],
    "gate/top_k": ["model=gan"],
}
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
MEMBERS = sorted(
    path.relative_to(CONF).with_suffix("").as_posix()
    for path in CONF.rglob("*.yaml")
    if path.parent != CONF and path.parent.name not in ("experiment", "hydra")
)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DictConfig]:
    """conf/run.yaml with each member of each group in turn."""
    rows = tmp_path_factory.mktemp("table") / "rows.csv"
    rows.write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(300)))
    fitting = {name: [text.replace("rows.csv", str(rows)) for text in texts] for name, texts in SUITS.items()}
    with composer() as compose:
        return {member: compose([member.replace("/", "="), *fitting.get(member, [])]) for member in MEMBERS}


def test_every_yaml_is_a_member_an_experiment_or_one_of_hydras_own() -> None:
    assert {path.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml")} == {
        "run.yaml",
        "hydra/default.yaml",
        *(f"experiment/{name}.yaml" for name in EXPERIMENTS),
        *(f"{member}.yaml" for member in MEMBERS),
    }
    assert {member.split("/")[0] for member in MEMBERS} == {*GROUPS, "trainer", "tracking", "debug"}
    assert {f"{group}/" + name for group, name in [("model", "gan"), ("clusterer", "som")]} <= set(MEMBERS)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_composes_and_has_no_fault(composed: dict[str, DictConfig], member: str) -> None:
    cell = check(composed[member])
    group, name = member.split("/")
    if group in GROUPS and member != "clusterer/gmm_on_pca":  # which is gmm, on another representation
        assert getattr(cell, group).name == name


# What debug lays over the other nodes are their keys, which its composition checks.
@pytest.mark.parametrize("member", [member for member in MEMBERS if not member.startswith("debug/")])
def test_a_member_lists_exactly_the_keys_of_its_schema(composed: dict[str, DictConfig], member: str) -> None:
    group = member.split("/")[0]
    node = plain(composed[member][group])
    schema = member_types()[node["_target_"]] if group in GROUPS else get_type_hints(CellConfig)[group]
    assert dict(differing_keys(schema, node, group)) == {}


def differing_keys(schema: type[Any], node: dict[str, Any], where: str) -> Iterator[tuple[str, set[str]]]:
    """Each node whose keys are not the fields of its schema, at any depth."""
    fields = {field.name for field in dataclasses.fields(schema)} - {"arguments"}
    if fields != set(node):
        yield where, fields ^ set(node)
    for key, hint in get_type_hints(schema).items():
        if isinstance(hint, type) and issubclass(hint, Member) and node[key]["_target_"] in member_types():
            yield from differing_keys(member_types()[node[key]["_target_"]], node[key], f"{where}.{key}")


@pytest.mark.parametrize("part", ["mix", "quality", "paths"])
def test_run_yaml_lists_exactly_the_keys_of_its_own_nodes(composed: dict[str, DictConfig], part: str) -> None:
    fields = {field.name for field in dataclasses.fields(get_type_hints(CellConfig)[part])}
    assert fields == set(composed["data/digits"][part])


@pytest.mark.parametrize("member", [member for member in MEMBERS if member.split("/")[0] in GROUPS])
def test_every_target_exists_and_takes_exactly_the_keys_given(composed: dict[str, DictConfig], member: str) -> None:
    group = member.split("/")[0]
    node = plain(composed[member][group])
    read_by_the_cell = {"data": SIZES, "representation": ("fit_on",)}.get(group, ())
    for target, arguments in targets({key: value for key, value in node.items() if key not in read_by_the_cell}):
        module, _, name = target.rpartition(".")
        inspect.signature(getattr(importlib.import_module(module), name)).bind(**arguments)


def targets(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a node and the nodes in it name, with the keys for it; `name` is for people."""
    yield node["_target_"], {key: value for key, value in node.items() if key not in ("_target_", "name")}
    for value in node.values():
        if isinstance(value, dict):
            yield from targets(value)


@pytest.mark.parametrize("member", [member for member in MEMBERS if member.split("/")[0] in GROUPS[1:]])
def test_what_a_member_names_can_be_built(composed: dict[str, DictConfig], member: str) -> None:
    group = member.split("/")[0]
    config = check_member(plain(composed[member][group]), group)
    built, target = instantiate(config), config._target_
    assert f"{type(built).__module__}.{type(built).__name__}".startswith(target.split(".")[0])
    assert type(built).__name__ == target.rpartition(".")[2]


def test_every_target_written_in_conf_belongs_to_a_member_that_was_built(composed: dict[str, DictConfig]) -> None:
    files = [path for path in CONF.rglob("*.yaml") if path.parent.name != "tracking"]
    written = {target for path in files for target in targets_in(OmegaConf.to_container(load(path)))}
    nodes = (plain(composed[member][member.split("/")[0]]) for member in MEMBERS if member.split("/")[0] in GROUPS)
    assert written == {target for node in nodes for target, _ in targets(node)}


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
def test_every_cell_of_an_experiment_is_valid(name: str) -> None:
    plan = make_plan([f"experiment={name}"], multirun=False)
    params = load(CONF / "experiment" / f"{name}.yaml").hydra.sweeper.params
    assert plan.is_study
    assert plan.experiment == name
    assert len(plan.configs) == number_of_cells(params)
    assert len({str(config) for config in plan.configs}) == len(plan.configs)


def number_of_cells(params: DictConfig) -> int:
    """The product of the numbers of values: a,b,c or range(n)."""
    cells = 1
    for values in map(str, params.values()):
        cells *= int(values[6:-1]) if values.startswith("range(") else len(values.split(","))
    return cells
