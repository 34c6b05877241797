"""Clusterers that work on a graph of nearest neighbours, whose memory grows with the number of points."""
