"""Clustering: the learners and the scores of the default task."""
