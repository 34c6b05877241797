"""From the cells of a study to effects, intervals, tests and answers."""
