"""The defaults of config classes, where YAML files find them: `defaults: [/defaults/GanConfig@_here_, _self_]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any

from hydra.core.config_store import ConfigStore

from synthmix.config.cell import CellConfig
from synthmix.config.nodes import member_types
from synthmix.config.plain import LEFT_OUT, to_plain
from synthmix.config.schema import Member

GROUP = "defaults"


@cache
def register_defaults() -> None:
    """Gives Hydra the defaults of every config class. Launchers hand what Hydra has been given to their workers."""
    store = ConfigStore.instance()
    cell = CellConfig.__dataclass_fields__.values()
    sections = [type(value) for field in cell if is_dataclass(value := _default(field))]
    for kind in (CellConfig, *sections, *member_types().values()):
        store.store(name=kind.__name__, node=dict(defaults_of(kind)), group=GROUP, provider="synthmix")


def defaults_of(kind: type[Any]) -> Mapping[str, Any]:
    """The fields of a config class that have a default, as a plain node; a member that is nested in it is left out."""
    shown = [field for field in fields(kind) if field.name != "arguments" and field.metadata != LEFT_OUT]
    defaults = {field.name: _default(field) for field in shown}
    own = {name: value for name, value in defaults.items() if not isinstance(value, Member) and value is not MISSING}
    return {name: to_plain(value) for name, value in own.items()}


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
