"""Messages of Hydra and OmegaConf, in one line each."""

from __future__ import annotations

import re


def readable(error: Exception) -> str:
    """Hydra's or OmegaConf's message of several lines as one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    missing = re.match(r"In '[^']+': Could not find '([^']+)'", lines[0])
    if missing:
        group, _, member = missing[1].rpartition("/")
        options = [line for line in lines[1:] if re.fullmatch(r"\w+", line)]
        return f"{group}={member}: no such member; allowed: {', '.join(options) or 'none yet'}"
    full_key = next((line.partition(": ")[2] for line in lines if line.startswith("full_key")), None)
    kept = [line for line in lines if not line.startswith(("full_key", "object_type", "See https://", "^"))]
    text = " ".join(dict.fromkeys(kept))
    return f"{full_key}: {text}" if full_key else text
