"""What a config group is given: the name of one of its members, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Glob, Override, Sweep
from hydra.errors import ConfigCompositionException

from synthmix.config.composing.grammar import parse
from synthmix.config.composing.messages import readable
from synthmix.config.composing.own_code import own_prefixes
from synthmix.config.schema import shown
from synthmix.errors import InvalidInput

PACKAGES = ("hydra.", "synthmix.", "hydra_plugins.")  # which may be looked into for members, beside the user's own


class Groups:
    """The config groups that Hydra finds while it is set up, each looked up once."""

    def __init__(self) -> None:
        self._members: dict[tuple[str, ...], list[str]] = {}

    def members(self, group: str, overrides: Sequence[str]) -> list[str]:
        """The members of a group; none where there is no such group. `@package` may follow the name.

        Args:
            group: its name.
            overrides: of the command; one may name folders of the user's own.

        Raises:
            InvalidInput: there is no such folder.
        """
        known = (group.partition("@")[0], *searchpath(overrides))
        if known not in self._members:
            with searched():
                loader = GlobalHydra.instance().config_loader()
                self._members[known] = list(loader.get_group_options(known[0], overrides=searchpath(overrides)))
        return self._members[known]

    def faults(self, override: Override, overrides: Sequence[str]) -> list[str]:
        """One line for each thing that a group is given and that names no member; none where the key is no group."""
        group, members = override.key_or_group, self.members(override.key_or_group, overrides)
        if not members:
            return []
        wrong = (value for value in _names(override, members) if not self._has(group, value, overrides))
        key = str(override.get_key_element()).lstrip("+")
        lines = (override.input_line if value is override else f"{key}={shown(value)}" for value in wrong)
        allowed = ", ".join([*members, *(f"{folder}/…" for folder in self._folders(group))])
        return [f"{line}: no such member; allowed: {allowed}" for line in dict.fromkeys(lines)]

    def _folders(self, group: str) -> list[str]:
        """The folders of a group, whose members are named with them."""
        with searched():
            return list(GlobalHydra.instance().config_loader().list_groups(group.partition("@")[0]))

    def _has(self, group: str, value: Any, overrides: Sequence[str]) -> bool:
        """Whether a value names a member; one in a folder of the group is named with it, as FOLDER/NAME."""
        if not isinstance(value, str) or "${" in value:
            return False
        *folders, name = value.split("/")
        inside = not {"", ".", ".."} & {*folders, name}
        return inside and name in self.members("/".join([group.partition("@")[0], *folders]), overrides)


@contextmanager
def searched() -> Iterator[None]:
    """For a block in which Hydra looks through the folders of `hydra.searchpath`: what is wrong with these is told."""
    try:
        yield
    except UserWarning as warning:  # which `composer` makes an error
        raise InvalidInput(f"hydra.searchpath: {str(warning).partition('path=')[2].rstrip('.')}") from warning
    except ConfigCompositionException as error:
        raise InvalidInput(readable(error)) from error


def searchpath(overrides: Sequence[str]) -> list[str]:
    """The override that says where members of the user's own are.

    Raises:
        InvalidInput: it names a package that the environment does not admit.
    """
    found = [text for text in overrides if text.lstrip("+").startswith("hydra.searchpath=")]
    for override in parse(found):
        places: Any = override.value()
        for place in places if isinstance(places, list) else [places]:
            scheme, _, package = str(place).partition("://")
            if scheme == "pkg" and not f"{package}.".startswith((*PACKAGES, *own_prefixes())):
                allowed = "file://FOLDER, or a package that SYNTHMIX_ALLOW names"
                raise InvalidInput(f"hydra.searchpath={place}: looking into a package imports it; allowed: {allowed}")
    return found


def _names(override: Override, members: list[str]) -> Iterator[Any]:
    """What has to be the name of a member; the override itself where it can be none."""
    given: Any = override._value if isinstance(override._value, Glob) else override.value()
    if isinstance(given, Glob):
        yield from () if given.filter(members) else [override]
    elif isinstance(given, Sweep):  # a range has no list, and no member is a number
        values = (getattr(value, "text", value) for value in getattr(given, "list", [override]))
        yield from (value for value in values if not isinstance(value, dict))
    elif override.is_delete():
        yield from [] if given is None or isinstance(given, str) else [override]
    elif isinstance(given, list):  # of a group that is added, several may be
        yield from given if given and override.is_add() else [override]
    elif not isinstance(given, dict):
        yield given
