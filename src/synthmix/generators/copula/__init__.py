"""A Gaussian copula over columns of any type."""
