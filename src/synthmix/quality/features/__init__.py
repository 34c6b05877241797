"""The spaces in which samples are compared with real points."""
