"""What a compression puts out. In a module of its own, so that a new score leaves the keys of cells as they are."""

from __future__ import annotations

SYMBOLS = "symbols"  # int32, (N, L): what is sent of each point, one integer for each latent value
CODE_LENGTH = "code_length"  # float64, (N,): bits that an ideal entropy coder spends on a point's symbols
SQUARED_ERROR = "squared_error"  # float64, (N,): of what the symbols decode to, summed over the values of a point
RECONSTRUCTION = "reconstruction"  # (N, d): what the symbols decode to; float16 where values are bounded, else float32
RATE_WEIGHT = "rate_weight"  # float64, (1,): λ of the cost
PEAK = "peak"  # float64, (1,): width of the range of the data; left out where it has none
