"""synthmix on arrays and DataFrames in memory, for notebooks and pipelines."""
