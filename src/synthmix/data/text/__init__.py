"""Documents, and the points that stand for them."""
