"""Studies: cells → table → figures."""
