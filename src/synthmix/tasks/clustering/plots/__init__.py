"""Drawings of clusterings alone."""
