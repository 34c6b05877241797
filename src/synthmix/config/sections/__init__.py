"""The keys of a cell that choose no member of a group, a section a module."""
