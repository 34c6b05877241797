"""Verdicts on the arms of a study, from scores paired by seed: arrays in, words out; knows neither cells nor files."""
