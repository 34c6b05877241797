"""A sweep: its cells, what is missing of them, and how they are launched."""
