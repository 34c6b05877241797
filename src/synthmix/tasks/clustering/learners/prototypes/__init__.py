"""Clusterers that keep points of their own in place of groups: subclusters and medoids."""
