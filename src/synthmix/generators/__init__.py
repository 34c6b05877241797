"""Generators: controls, and models that are trained; all fit `train` and sample nested prefixes."""
