"""A study: the plan of a sweep, its missing cells, and their launch."""
