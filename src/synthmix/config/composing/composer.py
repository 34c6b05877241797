"""Putting a config together with Hydra, with one readable line for each thing that does not fit."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from synthmix.config.cell import LEARNERS, Checker, unread_learner
from synthmix.config.composing.base import Base
from synthmix.config.composing.choices import Groups, searchpath
from synthmix.config.composing.defaults import register_defaults
from synthmix.config.composing.environment import guard_environment
from synthmix.config.composing.grammar import parse
from synthmix.config.composing.hydra_node import hydra_faults
from synthmix.config.composing.messages import readable
from synthmix.config.composing.repository import KeptRepository
from synthmix.config.nodes import build_member
from synthmix.config.plain import plain
from synthmix.config.schema import unknown_key
from synthmix.config.task import TaskConfig
from synthmix.errors import InvalidInput

FEW = 8  # choices of members that are composed one by one: of many, the members are
# By choice of members, of the package's own alone: they do not change while the process lives.
_OWN_BASES: dict[tuple[str, ...], Base] = {}


class Composer:
    """Composes conf/run.yaml with overrides. Made by `composer`, which sets Hydra up."""

    def __init__(self) -> None:
        self._bases: dict[tuple[str, ...], Base] = {}
        self._composed = 0
        self.groups = Groups()

    def __call__(self, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
        """The config of these overrides, with Hydra's own node where `hydra` is set."""
        return _compose(overrides, self.groups, hydra=hydra)

    def is_group(self, key: str, overrides: Sequence[str]) -> bool:
        """Whether a key is a config group: one of synthmix's, or of a folder of the user's that the overrides name."""
        return bool(self.groups.members(key, overrides))

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
            node = plain(_compose(overrides, self.groups))
        return node

    def _base(self, members: tuple[str, ...]) -> Base:
        """The choice of these members, composed once."""
        base = _OWN_BASES.get(members) or self._bases.get(members)
        if base is None:
            self._composed += 1
            base = (self._joined(members) if self._composed > FEW else None) or Base(_compose(members, self.groups))
            bases = _OWN_BASES if base.is_simple and not searchpath(members) else self._bases
            bases[members] = base
        return base

    def _joined(self, members: tuple[str, ...]) -> Base | None:
        """The choice of these members, put together from those of one each; None where Hydra has to compose it."""
        parsed = dict(zip(members, parse(members), strict=True))
        fixed = tuple(text for text, override in parsed.items() if override.is_hydra_override())
        chosen = {override.key_or_group: text for text, override in parsed.items() if text not in fixed}
        plainly = all(override.type == OverrideType.CHANGE and override.package is None for override in parsed.values())
        if len(chosen) < 2 or len(chosen) + len(fixed) < len(members) or not plainly or searchpath(members):
            return None
        try:
            return self._base(fixed).joined({group: self._base((*fixed, text)) for group, text in chosen.items()})
        except InvalidInput:  # a member that does not go without another one
            return None


def conf_dir() -> Path:
    """The folder of the Hydra groups: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parents[2]
    packed = package / "conf"
    return packed if packed.is_dir() else package.parents[1] / "conf"


@contextmanager
def composer() -> Iterator[Composer]:
    """Yields what composes cells; its errors are `InvalidInput`."""
    register_defaults()
    guard_environment()
    with initialize_config_dir(str(conf_dir()), version_base="1.3", job_name="synthmix"), warnings.catch_warnings():
        loader = GlobalHydra.instance().config_loader()
        loader.repository = KeptRepository(loader.repository)  # type: ignore[attr-defined]
        warnings.filterwarnings("error", message="provider=hydra.searchpath")
        yield Composer()


def _compose(overrides: Sequence[str], groups: Groups, *, hydra: bool = False) -> DictConfig:
    """Composes; overrides that do not fit are put aside first, so that all of them are named, with what is allowed."""
    faults: list[str] = []
    wrong: list[str] = []  # the groups of which no member was chosen
    accepted: list[str] = []
    for text, override in zip(overrides, parse(overrides), strict=True):
        found = [] if override.is_sweep_override() else groups.faults(override, overrides)
        (wrong if found else accepted).append(override.key_or_group if found else text)
        faults += found
    unknown: list[str] = []
    while True:
        try:
            config = compose("run", overrides=accepted, return_hydra_config=True)
        except (HydraException, OmegaConfBaseException, YAMLError) as error:
            culprit = _culprit(error, accepted)
            if culprit is None:
                raise InvalidInput(*faults, readable(error)) from error
            accepted.remove(culprit)
            unknown.append(culprit)
        except Exception as error:  # Hydra and OmegaConf assert and assume much of what they are given
            raise InvalidInput(*faults, _blamed(error, accepted)) from error
        else:
            faults += hydra_faults(config, accepted)
            faults += _faults_of_the_rest(unknown, accepted, wrong, config, bool(faults))
            if faults:
                raise InvalidInput(*faults)
            return config if hydra else without_hydra(config)


def _faults_of_the_rest(
    unknown: Sequence[str], accepted: Sequence[str], wrong: Sequence[str], config: DictConfig, at_fault: bool
) -> list[str]:
    """Unknown keys, and where there are faults already, what is wrong with the values that were given."""
    own = [group for group in wrong if not group.startswith("hydra")]
    if any(group == "task" or OmegaConf.select(config, group) is None for group in own):
        return []  # what was to be chosen decides which keys there are
    faults = [_unknown_line(override, config) for override in unknown if not _is_below(override, wrong)]
    if faults or at_fault:
        keys = [text.lstrip("+~").partition("=")[0] for text in accepted if not _is_below(text, wrong)]
        given = tuple(f"{key}{sign}" for key in keys for sign in "=.")
        try:
            values = [*Checker().value_faults(plain(without_hydra(config)))]
        except InvalidInput as error:  # an interpolation that leads nowhere
            return [*faults, *error.faults]
        parents = {".".join(key.split(".")[:depth]) for key in keys for depth in range(1, key.count(".") + 1)}
        faults += [fault for fault in values if fault.startswith(given) or fault.partition(":")[0] in parents]
    return faults


def without_hydra(config: DictConfig) -> DictConfig:
    """The config of a cell alone."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])


def _is_below(override: str, groups: Sequence[str]) -> bool:
    """Whether an override is of a key of one of these groups."""
    return override.lstrip("+~").startswith(tuple(f"{group}." for group in groups))


def _culprit(error: Exception, overrides: list[str]) -> str | None:
    """The override whose key does not exist, if that is what the error is about."""
    named = re.match(r"Could not override '([^']+)'", str(error))
    if named is None:
        return None
    return next((text for text in overrides if text.lstrip("+~").partition("=")[0] == named[1]), None)


def _blamed(error: Exception, overrides: Sequence[str]) -> str:
    """The line for what Hydra breaks down at: the override without which it does not, where there is one."""
    reason = f"Hydra cannot compose it ({type(error).__name__}: {readable(error)})"
    for text in overrides:
        with suppress(Exception):
            compose("run", overrides=[other for other in overrides if other != text])
            return f"{text}: {reason}"
    return f"{' '.join(overrides)}: {reason}"


def _unknown_line(override: str, config: DictConfig) -> str:
    key, _, value = override.partition("=")
    parent, _, _ = key.replace("/", ".").rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    while not isinstance(node, DictConfig):
        parent, _, _ = parent.rpartition(".")
        node = OmegaConf.select(config, parent) if parent else config
    if not parent and key.partition(".")[0] in LEARNERS:
        task = plain(OmegaConf.select(config, "task"))
        if not any(Checker().value_faults({"task": task})):  # which would be told for themselves
            return unread_learner(key, value, build_member(TaskConfig, task))
    lacks = key.replace("/", ".").removeprefix(f"{parent}.").partition(".")[0]
    return unknown_key(key, value, [str(name) for name in node if name != "hydra"], lacks)
