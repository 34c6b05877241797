"""Clusterers: scikit-learn estimators with an out-of-sample `predict`."""
