"""Building what a config names: the one call of Hydra's instantiate, behind the allowlist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthmix.config.allowlist import import_target
from synthmix.config.nodes import targets
from synthmix.config.plain import to_plain
from synthmix.config.schema import Member
from synthmix.errors import InvalidInput


def instantiate(config: Member, **arguments: Any) -> Any:
    """Builds what a config names, and first what is nested in it.

    Raises:
        InvalidInput: the target is not in the allowlist, or not a class or function of its own package; or the
            target itself refuses what it is given.
    """
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate as hydra_instantiate

    node = {key: value for key, value in to_plain(config).items() if key not in config.of_the_cell}
    for target in targets(node):
        import_target(target)
    try:
        # In two steps, because Hydra would turn dataclasses among the arguments into dicts.
        build = hydra_instantiate({**_without_names(node), "_partial_": True}, _convert_="all")
    except InstantiationException as error:
        if isinstance(error.__cause__, InvalidInput):
            raise error.__cause__ from None
        raise
    return build(**arguments)


def _without_names(node: Any) -> Any:
    if isinstance(node, Mapping):
        drop = {"name"} if "_target_" in node else set()
        return {key: _without_names(value) for key, value in node.items() if key not in drop}
    return [_without_names(value) for value in node] if isinstance(node, list) else node
