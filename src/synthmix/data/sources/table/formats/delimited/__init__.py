"""Text files with a separator between the cells of a line."""
