"""What the task puts out. In a module of its own, so that a new score leaves the keys of cells as they are."""

from __future__ import annotations

CODE = "code"  # float, (N, d): the represented points
