"""Representations that are learnt by telling images apart."""
