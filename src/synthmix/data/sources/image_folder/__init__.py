"""A user's own pictures, from a folder of files."""
