"""Anomaly detection: the learners, thresholds and scores of the task."""
