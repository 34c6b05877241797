"""Representations: from points to the space that is clustered."""
