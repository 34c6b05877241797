"""Typed configs: what a cell is asked to be, checked before anything starts."""
