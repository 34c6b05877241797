"""Files of known data sets: which there are, and how they are had."""
