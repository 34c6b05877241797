"""What a mixture is for: a task fits its learner on it and scores it on held-out real points."""
