"""Where runs are logged."""
