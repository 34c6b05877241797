"""Representation learning: what the represented points keep of the points."""
