"""How generators are trained by gradient."""
