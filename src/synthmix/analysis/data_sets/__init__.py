"""What holds beyond one data set: the population that it is drawn from, and verdicts over several of them."""
