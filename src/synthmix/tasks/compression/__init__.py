"""Lossy compression by a codec that is fitted on the mixture."""
