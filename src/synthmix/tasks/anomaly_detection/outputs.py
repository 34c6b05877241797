"""What a detector puts out. In a module of its own, so that a new score leaves the keys of cells as they are."""

from __future__ import annotations

NORMALITY = "normality"  # float64, (N,): the larger, the more normal
FLAGGED = "flagged"  # bool, (N,): below the threshold
