"""The data sets, a source a file."""
