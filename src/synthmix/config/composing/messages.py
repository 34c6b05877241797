"""Messages of Hydra and OmegaConf about a composition, in one line each."""

from __future__ import annotations

import re

from synthmix.config.readable import readable as plain_message


def readable(error: Exception) -> str:
    """The message in one line; of an override that does not fit, why it does not."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    merging = re.fullmatch(r"Error merging override (.+)", lines[0])
    if merging and isinstance(error.__cause__, Exception):
        return f"{merging[1]}: {readable(error.__cause__)}"
    return plain_message(error)
