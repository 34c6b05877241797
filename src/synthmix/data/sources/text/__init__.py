"""Documents, from files or from a column of a table."""
