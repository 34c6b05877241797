"""Scores of a clustering on held-out real points, and of a generator against real points that it has not seen."""
