"""The argument parser of the verbs that are no Hydra application; its errors are `InvalidInput`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from synthmix.errors import InvalidInput


class VerbParser(argparse.ArgumentParser):
    """Argument parser of one verb."""

    def __init__(self, verb: str, description: str) -> None:
        super().__init__(prog=f"synthmix {verb}", description=description, exit_on_error=False, allow_abbrev=False)

    def error(self, message: str) -> None:  # type: ignore[override]
        """Raises InvalidInput with the message and the usage."""
        raise InvalidInput(f"{self.prog.removeprefix('synthmix ')}: {message}; {self.format_usage().strip()}")

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """The parsed arguments. Raises InvalidInput."""
        try:
            return self.parse_args(words)
        except argparse.ArgumentError as error:
            raise InvalidInput(f"{self.prog.removeprefix('synthmix ')}: {error}") from error

    def add_store(self) -> None:
        """Adds the option that names the folder of stages."""
        self.add_argument("--store", metavar="DIR", help="folder of the stages; .synthmix otherwise")


def store_folder(given: str | None) -> Path:
    """The folder of stages that a verb works on.

    Raises:
        InvalidInput: there is none.
    """
    from synthmix.config.cell import PathsConfig

    folder = Path(PathsConfig().store if given is None else given)
    if not folder.is_dir():
        raise InvalidInput(
            f"--store={folder}: no such folder; run a cell here first, or name the folder of paths.store"
        )
    return folder
