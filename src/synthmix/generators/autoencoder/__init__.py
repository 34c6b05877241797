"""Autoencoders, plain and variational, and the density on their latent."""
