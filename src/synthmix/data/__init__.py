"""Data sets: a source a file, each returning a `Dataset`; `split` cuts it by seed, never by label."""
