"""Putting a config together with Hydra, with one readable line for each thing that does not fit."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from synthmix.config.cell import LEARNERS, unread_learner
from synthmix.config.composing.base import Base
from synthmix.config.composing.defaults import register_defaults
from synthmix.config.composing.repository import KeptRepository
from synthmix.config.nodes import build_member
from synthmix.config.plain import plain
from synthmix.config.readable import readable
from synthmix.config.schema import unknown_key
from synthmix.config.task import TaskConfig
from synthmix.errors import InvalidInput

# By choice of members, of the package's own alone: they do not change while the process lives.
_OWN_BASES: dict[tuple[str, ...], Base] = {}


class Composer:
    """Composes conf/run.yaml with overrides. Made by `composer`, which sets Hydra up."""

    def __init__(self) -> None:
        self._bases: dict[tuple[str, ...], Base] = {}
        self._are_groups: dict[tuple[str, ...], bool] = {}

    def __call__(self, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
        """The config of these overrides, with Hydra's own node where `hydra` is set."""
        return _compose(overrides, hydra=hydra)

    def is_group(self, key: str, overrides: Sequence[str]) -> bool:
        """Whether a key is a config group: one of synthmix's, or of a folder of the user's that the overrides name."""
        known = (key, *_searchpath(overrides))
        if known not in self._are_groups:
            self._are_groups[known] = bool(_members_of(key, overrides))
        return self._are_groups[known]

    def cell(self, overrides: Sequence[str]) -> dict[str, Any]:
        """The same as a call, as a plain config. For the cells of a sweep each choice of members is composed once."""
        members: list[Override] = []
        values: list[Override] = []
        for override in parse(overrides):
            is_choice = self.is_group(override.key_or_group, overrides) and not isinstance(override.value(), dict)
            # Hydra's own are for the base, because hydra.searchpath says where members are.
            (members if is_choice or override.is_hydra_override() else values).append(override)
        node = self._base(tuple(str(override.input_line) for override in members)).with_values(values)
        if node is None:
            node = plain(_compose(overrides))
        return node

    def _base(self, members: tuple[str, ...]) -> Base:
        """The choice of these members, composed once."""
        base = _OWN_BASES.get(members) or self._bases.get(members)
        if base is None:
            base = Base(_compose(members))
            bases = _OWN_BASES if base.is_simple and not _searchpath(members) else self._bases
            bases[members] = base
        return base


def conf_dir() -> Path:
    """The folder of the Hydra groups: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parents[2]
    packed = package / "conf"
    return packed if packed.is_dir() else package.parents[1] / "conf"


def parse(overrides: Sequence[str]) -> list[Override]:
    """Reads overrides, each by itself.

    Raises:
        InvalidInput: one line for each that cannot be read.
    """
    parsed, faults = [], []
    for text in overrides:
        try:
            parsed += _parsed(text)
        except HydraException:
            faults.append(text)
    faults += [str(override.input_line) for override in parsed if not override.key_or_group]
    if faults:
        raise InvalidInput(*(f"{text}: must be KEY=VALUE, with quotes around special characters" for text in faults))
    return parsed


@contextmanager
def composer() -> Iterator[Composer]:
    """Yields what composes cells; its errors are `InvalidInput`."""
    register_defaults()
    with initialize_config_dir(str(conf_dir()), version_base="1.3", job_name="synthmix"), warnings.catch_warnings():
        loader = GlobalHydra.instance().config_loader()
        loader.repository = KeptRepository(loader.repository)  # type: ignore[attr-defined]
        warnings.filterwarnings("error", message="provider=hydra.searchpath")
        yield Composer()


def _compose(overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
    """Composes; overrides of unknown keys are put aside first, so that all of them are named, with what is allowed."""
    unknown: list[str] = []
    accepted = list(overrides)
    while True:
        try:
            config = compose("run", overrides=accepted, return_hydra_config=hydra)
        except UserWarning as warning:
            raise InvalidInput(f"hydra.searchpath: {str(warning).partition('path=')[2].rstrip('.')}") from warning
        except (HydraException, OmegaConfBaseException, YAMLError) as error:
            culprit = _culprit(error, accepted)
            if culprit is None:
                raise InvalidInput(readable(error)) from error
            accepted.remove(culprit)
            unknown.append(culprit)
        except ValueError as error:  # a group that is given something else than a name, such as model=null
            raise InvalidInput(*(_no_member_lines(accepted) or [readable(error)])) from error
        else:
            faults = [_unknown_line(override, config) for override in unknown] + _no_member_lines(accepted)
            if faults:
                raise InvalidInput(*faults)
            return config


def _culprit(error: Exception, overrides: list[str]) -> str | None:
    """The override whose key does not exist, if that is what the error is about."""
    named = re.match(r"Could not override '([^']+)'", str(error))
    if named is None:
        return None
    return next((text for text in overrides if text.lstrip("+~").partition("=")[0] == named[1]), None)


def _unknown_line(override: str, config: DictConfig) -> str:
    key, _, value = override.partition("=")
    parent, _, _ = key.replace("/", ".").rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    while not isinstance(node, DictConfig):
        parent, _, _ = parent.rpartition(".")
        node = OmegaConf.select(config, parent) if parent else config
    if not parent and key.partition(".")[0] in LEARNERS:
        return unread_learner(key, value, build_member(TaskConfig, plain(config.task)))
    lacks = key.replace("/", ".").removeprefix(f"{parent}.").partition(".")[0]
    return unknown_key(key, value, [str(name) for name in node if name != "hydra"], lacks)


def _no_member_lines(overrides: list[str]) -> list[str]:
    """The lines for groups that are given something else than one name; of a group that is added, several are."""
    groups = ((override, _members_of(override.key_or_group, overrides)) for override in parse(overrides))
    return [
        f"{override.input_line}: no such member; allowed: {', '.join(options)}"
        for override, options in groups
        if options and not override.is_delete() and not override.is_sweep_override()
        if not isinstance(override.value(), (str | dict | list) if override.is_add() else (str | dict))
    ]


def _members_of(group: str, overrides: Sequence[str]) -> list[str]:
    """The members of a config group; none where there is no such group. `@package` may follow the name."""
    loader = GlobalHydra.instance().config_loader()
    return list(loader.get_group_options(group.partition("@")[0], overrides=_searchpath(overrides)))


def _searchpath(overrides: Sequence[str]) -> list[str]:
    """The override that says where members of the user's own are."""
    return [text for text in overrides if text.lstrip("+").startswith("hydra.searchpath=")]


@cache
def _parsed(text: str) -> list[Override]:
    """Read once: the cells of a sweep have the same few in other combinations."""
    overrides: list[Override] = OverridesParser.create().parse_overrides([text])
    return overrides
