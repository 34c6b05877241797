"""Building what a config names: the one call of Hydra's instantiate, behind the allowlist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from synthmix.config.allowlist import import_target
from synthmix.config.nodes import build_member, config_parameter, targets
from synthmix.config.plain import to_plain
from synthmix.config.schema import Member
from synthmix.errors import InvalidInput


def instantiate(config: Member, **more: Any) -> Any:
    """Builds what a config names, and first what is nested in it.

    A class whose parameter `config` is a config class is given the config as one object, and what is nested in it,
    built, by keywords: ``Gan(config, networks=...)``. Any other class or function is given its keys as keywords.

    Args:
        config: of what is to be built.
        more: keywords that no config holds.

    Raises:
        InvalidInput: the target is not in the allowlist, or not a class or function of its own package; or the
            target itself refuses what it is given.
    """
    found = import_target(config._target_)
    given = {field.name: getattr(config, field.name) for field in fields(config)} | dict(config.arguments)
    nested = {key: _member(value) for key, value in given.items() if _is_member(value)}
    built = {key: instantiate(member) for key, member in nested.items()}
    if config_parameter(found) is not None:
        return found(config, **built, **more)
    left_out = {*built, *({*config.of_the_cell, "arguments"} - set(config.arguments))}
    keywords = {key: to_plain(value) for key, value in given.items() if key not in left_out}
    return _with_keywords(config._target_, keywords)(**built, **more)


def _with_keywords(target: str, keywords: Mapping[str, Any]) -> Callable[..., Any]:
    """The target with its keywords; what these name to be built, in lists and deeper dicts, is built by Hydra."""
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate as hydra_instantiate

    for name in targets(keywords):
        import_target(name)
    try:
        # In two steps, because Hydra would turn dataclasses among the arguments into dicts.
        made: Callable[..., Any] = hydra_instantiate(
            {**_without_names(keywords), "_target_": target, "_partial_": True}, _convert_="all"
        )
    except InstantiationException as error:
        if isinstance(error.__cause__, InvalidInput):
            raise error.__cause__ from None
        raise
    return made


def _is_member(value: Any) -> bool:
    return isinstance(value, Member) or (isinstance(value, Mapping) and "_target_" in value)


def _member(value: Any) -> Member:
    return value if isinstance(value, Member) else build_member(Member, value)


def _without_names(node: Any) -> Any:
    if isinstance(node, Mapping):
        drop = {"name"} if "_target_" in node else set()
        return {key: _without_names(value) for key, value in node.items() if key not in drop}
    return [_without_names(value) for value in node] if isinstance(node, list) else node
