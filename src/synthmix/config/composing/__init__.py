"""Putting a config together: all that Hydra does for one."""
