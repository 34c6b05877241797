"""Clusterers that learn the space in which they cluster, by gradient."""
