"""Codecs that scikit-learn does not have in this form."""
