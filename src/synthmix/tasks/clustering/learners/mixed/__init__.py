"""Clusterers that know the columns of a table: numbers are measured, levels are equal or not."""
