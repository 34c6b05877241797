"""What a clustering puts out. In a module of its own, so that a new score leaves the keys of cells as they are."""

from __future__ import annotations

ASSIGNMENTS = "assignments"  # int64, (N,), -1 for noise
OWN_ASSIGNMENTS = "own_assignments"  # likewise, by a fresh clusterer that is fitted on these very points
BOOTSTRAP_ASSIGNMENTS = "bootstrap_assignments"  # int64, (N, B), by clusterers fitted on draws of the mixture
NOISE = -1
