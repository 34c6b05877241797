"""Nodes of a config, as plain dicts: checked against the config classes of what they name, and made into them."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import sys
import types
import typing
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin

from synthmix.config.allowlist import import_target
from synthmix.config.schema import Member, shown, target_of, type_hints, unknown_key, value_fault
from synthmix.errors import InvalidInput

T = TypeVar("T")
MemberT = TypeVar("MemberT", bound=Member)


@cache
def member_types() -> Mapping[str, type[Member]]:
    """The config class of every target of the package, found in the modules `config` and `*_config` of the package."""
    # Not by an import statement: what has the package at hand to look through does not depend on all of it.
    package = sys.modules["synthmix"]
    found: dict[str, type[Member]] = {}
    for module in pkgutil.walk_packages(package.__path__, "synthmix."):
        if module.name.rpartition(".")[2].endswith("config"):
            for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(kind, Member) and kind.__module__ == module.name and (target := target_of(kind)):
                    found[target] = kind
    return found


def config_type(target: str) -> type[Member] | None:
    """The config class of a target: one of the package's, or the one that a class of the user's own names.

    Raises:
        InvalidInput: the target is not in the allowlist, is not there, or is no class or function of its package.
    """
    known = member_types().get(target)
    if known is not None or target.startswith("synthmix."):
        return known
    return config_parameter(import_target(target))


@cache
def config_parameter(found: Callable[..., Any]) -> type[Member] | None:
    """The type of the parameter `config`, by which a class or function says that it takes its config as one object."""
    made_by = found.__init__ if inspect.isclass(found) else found
    if "config" not in inspect.signature(found).parameters:
        return None
    kind = typing.get_type_hints(made_by).get("config")
    return kind if inspect.isclass(kind) and issubclass(kind, Member) else None


def check_node(kind: type[Any], node: Mapping[str, Any], where: str) -> list[str]:
    """Compares a plain mapping with a dataclass; returns one line for each fault, none where it fits."""
    found = [fault for key, value in node.items() for fault in field_faults(kind, key, value, where)]
    return found + missing_faults(kind, node, where)


def field_faults(kind: type[Any], key: str, value: Any, where: str) -> list[str]:
    """Faults of one key of a node and its value."""
    place, names = f"{where}.{key}" if where else key, _keys(cast(Hashable, kind))
    if key not in names:
        return [unknown_key(place, value, list(names))]
    return _check_value(type_hints(cast(Hashable, kind))[key], value, place)


def missing_faults(kind: type[Any], node: Mapping[str, Any], where: str) -> list[str]:
    """Faults of the keys that a node lacks."""
    lacking = (name for name, is_needed in _keys(cast(Hashable, kind)).items() if is_needed and name not in node)
    return [f"{where}.{name}: missing" if where else f"{name}: missing" for name in lacking]


def member_faults(node: Any, where: str, base: type[Member]) -> list[str]:
    """Faults of a node with a target, which must be one of those that `base` stands for, and of those inside of it."""
    target = node.get("_target_")
    if not isinstance(target, str):
        return [f"{where}: names no _target_"]
    try:
        kind = config_type(target)
    except InvalidInput as error:
        return [f"{where}.{fault}" for fault in error.faults]
    if kind is not None and issubclass(kind, base):
        return check_node(kind, node, where)
    if kind is not None or target.startswith("synthmix.") or inspect.isabstract(base):
        allowed = sorted(name for name, kind in member_types().items() if issubclass(kind, base))
        return [f"{where}._target_={target}: not a member of {where}; allowed: {', '.join(allowed)}"]
    return _foreign_faults(target, node, where, base)


def build(kind: type[T], node: Mapping[str, Any]) -> T:
    """Makes the dataclass of a node that `check_node` found no fault in. A field that is a float gets one.

    Raises:
        InvalidInput: a key is missing, or is not known.
    """
    makers = _makers(cast(Hashable, kind))
    faults = [unknown_key(key, node[key], list(makers)) for key in node if key not in makers]
    faults += missing_faults(kind, node, "")
    if faults:
        raise InvalidInput(*faults)
    return kind(**{key: makers[key](value) for key, value in node.items()})


def build_field(kind: type[Any], key: str, value: Any) -> Any:
    """The value of one field, made of that of a plain node. Raises InvalidInput as `build` does."""
    return _makers(cast(Hashable, kind))[key](value)


def with_settings(member: MemberT, settings: Mapping[str, Any]) -> MemberT:
    """The same member with other values of some keys, such as those that tuning has chosen of a learner.

    Not a method of it: what the modules of all members import is part of the keys of their stages.
    """
    own = {field.name for field in dataclasses.fields(member)}
    known = {key: build_field(type(member), key, value) for key, value in settings.items() if key in own}
    passed_on = {key: value for key, value in settings.items() if key not in own}
    return dataclasses.replace(member, **known, arguments={**member.arguments, **passed_on})


def build_member(base: type[MemberT], node: Mapping[str, Any]) -> MemberT:
    """Makes the config of what the node names: of its own dataclass, else of `base`, with what is left in `arguments`.

    Raises:
        InvalidInput: a key is missing, or is not known.
    """
    kind = config_type(node["_target_"])
    if kind is not None:
        return cast(MemberT, build(kind, node))
    if inspect.isabstract(base):
        raise InvalidInput(f"_target_={node['_target_']}: not a {base.__name__}")
    own = {field.name for field in dataclasses.fields(base)} - {"arguments"}
    arguments = {key: value for key, value in node.items() if key not in own}
    return build(base, {"name": "", **{key: node[key] for key in node if key in own}, "arguments": arguments})


def targets(node: Any) -> Iterator[str]:
    """Whatever a plain node names to be built, at any depth."""
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    if isinstance(node, Mapping) and "_target_" in node:
        yield str(node["_target_"])
    for child in children:
        yield from targets(child)


def _check_value(hint: Any, value: Any, where: str) -> list[str]:
    hint = without_none(hint) if value is not None else hint
    if get_origin(hint) is dict and isinstance(value, Mapping):
        return [
            fault for key, item in value.items() for fault in _check_value(get_args(hint)[1], item, f"{where}.{key}")
        ]
    if isinstance(hint, type) and isinstance(value, Mapping):
        if issubclass(hint, Member):
            return member_faults(value, where, hint)
        if dataclasses.is_dataclass(hint):
            return check_node(hint, value, where)
    fault = value_fault(hint, value)
    return [f"{where}={shown(value)}: {fault}"] if fault else []


@cache
def _keys(kind: Hashable) -> Mapping[str, bool]:
    """The keys that a node of this dataclass has, and whether it must."""
    fields = [field for field in dataclasses.fields(cast(type[Any], kind)) if field.name != "arguments"]
    missing = dataclasses.MISSING
    return {field.name: field.default is missing and field.default_factory is missing for field in fields}


def _foreign_faults(target: str, node: Mapping[str, Any], where: str, base: type[Member]) -> list[str]:
    """Faults of a target without a config class: a user's own class, or one of scikit-learn's."""
    found = import_target(target)
    if not all(hasattr(found, name) for name in base.methods):
        return [f"{where}._target_={target}: must be a class with {', '.join(base.methods)}"]
    read_by_the_cell = [field.name for field in dataclasses.fields(base) if field.name != "arguments"]
    parameters = inspect.signature(found).parameters.values()
    by_name = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    passed_on = [p for p in by_name if p.name not in base.from_the_cell]
    allowed = [*read_by_the_cell, *(p.name for p in passed_on)]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return [
        *check_node(base, {key: value for key, value in node.items() if key in read_by_the_cell}, where),
        *(unknown_key(f"{where}.{key}", node[key], allowed) for key in node if key not in allowed and not open_ended),
        *(f"{where}.{p.name}: missing" for p in passed_on if p.default is p.empty and p.name not in node),
        *(fault for key in node for fault in _nested_faults(node[key], f"{where}.{key}")),
    ]


def _nested_faults(value: Any, where: str) -> list[str]:
    """Faults of what else is to be built, at any depth of an argument that no dataclass describes."""
    if isinstance(value, Mapping) and "_target_" in value:
        return member_faults(value, where, Member)
    children = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [fault for key, child in children for fault in _nested_faults(child, f"{where}.{key}")]


@cache
def _makers(kind: Hashable) -> Mapping[str, Callable[[Any], Any]]:
    """By field, what makes its value of that in a plain node."""
    hints = type_hints(kind)
    return {field.name: _maker(hints[field.name]) for field in dataclasses.fields(cast(type[Any], kind))}


def without_none(hint: Any) -> Any:
    """A member that may be left out as one that is there; other types as they are."""
    options = [option for option in get_args(hint) if option is not types.NoneType]
    is_member = len(options) == 1 and isinstance(options[0], type) and issubclass(options[0], Member)
    return options[0] if get_origin(hint) in (typing.Union, types.UnionType) and is_member else hint


def _maker(hint: Any) -> Callable[[Any], Any]:
    if (member := without_none(hint)) is not hint:
        of_member = _maker(member)
        return lambda value: None if value is None else of_member(value)
    if isinstance(hint, type) and issubclass(hint, Member):
        return lambda value: build_member(hint, value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return lambda value: build(hint, value)
    if get_origin(hint) is dict:
        of_value = _maker(get_args(hint)[1])
        return lambda value: {key: of_value(item) for key, item in value.items()}
    if get_origin(hint) is list:
        of_item = _maker(get_args(hint)[0])
        return lambda value: [of_item(item) for item in value]
    if float in _alternatives(hint):
        return lambda value: float(value) if type(value) is int else value
    return lambda value: value


def _alternatives(hint: Any) -> Iterator[Any]:
    """The types that a field may have, ranges left out."""
    if get_origin(hint) is Annotated:
        yield from _alternatives(get_args(hint)[0])
    elif get_origin(hint) in (typing.Union, types.UnionType):
        for option in get_args(hint):
            yield from _alternatives(option)
    else:
        yield hint
