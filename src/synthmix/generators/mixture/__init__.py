"""Mixture models, fitted by EM or by gradient."""
