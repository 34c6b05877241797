"""The launch of a study's jobs: by which launcher, in which surroundings, and on which GPU."""
