"""Costly steps computed once: keys, source hashes and the store."""
