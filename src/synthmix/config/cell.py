"""Configs: checked against the schemas of their components, and built behind an allowlist. Light until it builds."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property
from typing import Annotated, Any, get_args

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from synthmix.config.allowlist import import_target
from synthmix.config.composing import readable
from synthmix.config.mix import MixSchema
from synthmix.config.quality import QualitySchema
from synthmix.config.schema import Count, Member, Range, build, check_node, type_hints, unknown_key
from synthmix.config.study import StudySchema
from synthmix.config.tracking import TrackingSchema
from synthmix.config.trainer import TrainerSchema
from synthmix.data.spec import Outline
from synthmix.errors import InvalidInput
from synthmix.representations.config import RepresentationSchema
from synthmix.tasks.clustering.config import ClustererSchema

GROUPS = ("data", "model", "gate", "representation", "clusterer")
PACKAGES = {
    "model": "generators",
    "gate": "gates",
    "representation": "representations",
    "clusterer": "tasks.clustering",
}
# What the cell calls on a member.
METHODS = {
    "model": ("fit", "sample", "material"),
    "gate": ("fit", "accept"),
    "representation": ("fit", "transform"),
    "clusterer": ("fit", "predict"),
}


@dataclass(kw_only=True)
class PathsSchema:
    """Keys of `paths`."""

    store: str


@dataclass(kw_only=True)
class CellSchema:
    """The whole config of one cell."""

    seed: Annotated[int, Range(low=0, high=2**32 - 1)]
    threads: Count
    data: Member
    model: Member
    gate: Member
    mix: MixSchema
    representation: Member
    clusterer: Member
    trainer: TrainerSchema
    tracking: TrackingSchema
    quality: QualitySchema
    study: StudySchema
    paths: PathsSchema

    @cached_property
    def outline(self) -> Outline:
        """What is known of the data before it is loaded."""
        outline: Outline = self.data.outline()  # type: ignore[attr-defined]
        return outline


@dataclass(kw_only=True)
class ForeignClusterer(ClustererSchema):
    """A clusterer without a schema of its own."""

    @property
    def takes_weights(self) -> bool:  # type: ignore[override]
        """Whether its `fit` has a `sample_weight`."""
        return "sample_weight" in inspect.signature(import_target(self._target_).fit).parameters


# What the cell itself reads of a member without a schema, where that is more than its name.
FOREIGN: Mapping[str, type[Member]] = {"representation": RepresentationSchema, "clusterer": ForeignClusterer}


def check(config: DictConfig) -> CellSchema:
    """Checks everything that can be known before any training; returns the typed config.

    Raises:
        InvalidInput: one line for each fault.
    """
    node = plain(config)
    node.pop("hydra", None)
    faults = check_node(CellSchema, node, "")
    faults += [fault for group in GROUPS for fault in _member_faults(node.get(group), group)]
    if faults:
        raise InvalidInput(*faults)
    cell = build(CellSchema, node)
    for group in GROUPS:
        setattr(cell, group, _build_member(node[group], group))
    parts = (*GROUPS, "mix", "trainer", "tracking", "quality", "study")
    faults = [fault for part in parts for fault in getattr(cell, part).faults(cell)]
    if faults:
        raise InvalidInput(*dict.fromkeys(faults))
    return cell


def check_member(node: Any, group: str) -> None:
    """Checks one member of a group by itself.

    Raises:
        InvalidInput: one line for each fault.
    """
    faults = _member_faults(node, group)
    if faults:
        raise InvalidInput(*faults)


def instantiate(node: Mapping[str, Any], **arguments: Any) -> Any:
    """Builds what a config node names; the one call of Hydra's instantiate.

    `name` is for people and is not passed on. A nested node is built too.

    Raises:
        InvalidInput: the target is not in the allowlist, or not a class or function of its own package; or the
            target itself refuses what it is given.
    """
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate as hydra_instantiate

    values = plain(node)
    for target in _targets(values):
        import_target(target)
    try:
        return hydra_instantiate(_without_names(values), _convert_="all", **arguments)
    except InstantiationException as error:
        if isinstance(error.__cause__, InvalidInput):
            raise error.__cause__ from None
        raise


def plain(node: Any) -> Any:
    """A config node as dicts, lists, numbers and texts, interpolations resolved."""
    if not OmegaConf.is_config(node):
        return node
    try:
        return OmegaConf.to_container(node, resolve=True)
    except OmegaConfBaseException as error:
        raise InvalidInput(readable(error)) from error


def canonical(node: Mapping[str, Any]) -> dict[str, Any]:
    """A plain config with a float wherever its schema has one: 1 and 1.0 are one value there, and one key."""
    return _canonical(node, CellSchema)


def _canonical(node: Mapping[str, Any], schema: type[Any] | None) -> dict[str, Any]:
    hints = {} if schema is None else type_hints(schema)
    return {key: _canonical_value(value, hints.get(key)) for key, value in node.items()}


def _canonical_value(value: Any, hint: Any) -> Any:
    if isinstance(value, Mapping):
        target = value.get("_target_")
        nested = hint if isinstance(hint, type) and is_dataclass(hint) else None
        return _canonical(value, schemas().get(target) if target else nested)
    if type(value) is int and float in (hint, *get_args(hint)) and int not in get_args(hint):
        return float(value)
    return value


@cache
def schemas() -> Mapping[str, type[Member]]:
    """The schema of every target, found in the modules `config` and `*_config` of the package."""
    import synthmix

    found: dict[str, type[Member]] = {}
    for module in pkgutil.walk_packages(synthmix.__path__, "synthmix."):
        if module.name.rpartition(".")[2].endswith("config"):
            for _, schema in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(schema, Member) and schema.__module__ == module.name:
                    target = type_hints(schema)["_target_"]
                    found |= dict.fromkeys(get_args(target), schema)
    return found


def _member_faults(node: Any, where: str) -> list[str]:
    """Faults of a node with a target and of those inside of it."""
    if not isinstance(node, dict):
        return []
    target = node.get("_target_")
    if not isinstance(target, str):
        return [f"{where}: names no _target_"]
    home = f"synthmix.{PACKAGES.get(where, where)}" if where in GROUPS else "synthmix."
    members = {name: schema for name, schema in schemas().items() if schema.__module__.startswith(home)}
    schema = members.get(target)
    if schema is None and (target in schemas() or target.startswith("synthmix.") or where == "data"):
        return [f"{where}._target_={target}: not a member of {where}; allowed: {', '.join(sorted(members))}"]
    if schema is None:
        return _foreign_faults(target, node, where)
    hints = type_hints(schema)
    nested = (key for key in node if hints.get(key) is Member)
    return check_node(schema, node, where) + [
        fault for key in nested for fault in _member_faults(node[key], f"{where}.{key}")
    ]


def _foreign_faults(target: str, node: dict[str, Any], where: str) -> list[str]:
    """Faults of a target without a schema: a user's own class, or one of scikit-learn's."""
    try:
        found = import_target(target)
    except InvalidInput as error:
        return [f"{where}.{fault}" for fault in error.faults]
    missing = [name for name in METHODS.get(where, ()) if not hasattr(found, name)]
    if missing:
        return [f"{where}._target_={target}: must be a class with {', '.join(METHODS[where])}"]
    schema = FOREIGN.get(where, Member)
    read_by_the_cell = [field.name for field in fields(schema)]
    parameters = inspect.signature(found).parameters.values()
    passed_on = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    allowed = [*read_by_the_cell, *(p.name for p in passed_on)]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    own = {key: value for key, value in node.items() if key in read_by_the_cell}
    return [
        *(check_node(schema, own, where) if where in GROUPS else ()),
        *(unknown_key(f"{where}.{key}", node[key], allowed) for key in node if key not in allowed and not open_ended),
        *(f"{where}.{p.name}: missing" for p in passed_on if p.default is p.empty and p.name not in node),
        *(fault for key in node for fault in _nested_faults(node[key], f"{where}.{key}")),
    ]


def _nested_faults(value: Any, where: str) -> list[str]:
    """Faults of what else is to be built, at any depth of an argument that no schema describes."""
    if isinstance(value, dict) and "_target_" in value:
        return _member_faults(value, where)
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [fault for key, child in children for fault in _nested_faults(child, f"{where}.{key}")]


def _build_member(node: dict[str, Any], where: str = "") -> Any:
    schema = schemas().get(node["_target_"])
    if schema is None:
        foreign = FOREIGN.get(where, Member)
        return build(foreign, {"name": "", **node})
    member = build(schema, node)
    for key, value in node.items():
        if isinstance(value, dict):
            setattr(member, key, _build_member(value))
    return member


def _targets(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and "_target_" in node:
        yield str(node["_target_"])
    for child in children:
        yield from _targets(child)


def _without_names(node: Any) -> Any:
    if isinstance(node, dict):
        drop = {"name"} if "_target_" in node else set()
        return {key: _without_names(value) for key, value in node.items() if key not in drop}
    return [_without_names(value) for value in node] if isinstance(node, list) else node
