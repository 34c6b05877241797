"""What tasks put out in common. In a module of its own, so that a new score leaves the keys of cells as they are."""

from __future__ import annotations

HELD_OUT_LOSS = "held_out_loss"  # float64, (N,): what the learner itself minimises, of each point; less is better
RECONSTRUCTION = "reconstruction"  # float, (N, D): the values of the point that a represented one stands for
