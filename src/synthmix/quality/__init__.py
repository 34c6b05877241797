"""Scores of a generator's samples, and the alarms derived from them."""
