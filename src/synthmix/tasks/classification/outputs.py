"""What a classifier puts out. In a module of its own, so that a new score leaves the keys of cells as they are."""

from __future__ import annotations

PROBABILITIES = "probabilities"  # float32, (N, K): of each class; 0 for one that train has no point of
LABELLED_SHARE = "labelled_share"  # float64, (1,): of the unlabelled points; left out where there are none
