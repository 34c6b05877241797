"""Hydra's repository of config files, for many configs in a row."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar, Self

from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.config_source import ConfigResult


class KeptRepository(ConfigRepository):
    """Reads each file once. Hydra copies a repository for each config: this one without copying what it has read.

    Args:
        other: the repository that it stands for, of the package's own files, which do not change while it is in use:
            what is read of them is kept for the whole process.
    """

    _own: ClassVar[dict[str, bytes]] = {}

    def __init__(self, other: ConfigRepository) -> None:
        self.sources = list(other.sources)
        self._read = self._own

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy.copy(self)  # all that Hydra does to a copy is to give it other sources

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Takes other folders, in which nothing was read yet."""
        super().initialize_sources(config_search_path)
        self._read = {}

    def load_config(self, config_path: str) -> ConfigResult | None:
        """What a file holds, as an object of its own, because Hydra makes the config of it."""
        if config_path not in self._read:
            self._read[config_path] = pickle.dumps(super().load_config(config_path))
        found: ConfigResult | None = pickle.loads(self._read[config_path])  # noqa: S301  its own bytes
        return found
