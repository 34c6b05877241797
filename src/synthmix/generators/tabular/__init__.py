"""Nets that know the columns of a table."""
