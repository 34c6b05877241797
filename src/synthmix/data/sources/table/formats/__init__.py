"""The file formats of a table, each read into named columns of cells as they stand. Light: imports no torch."""
