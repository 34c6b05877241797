"""What a study that goes on, or has not begun, reads from results: undecided arms, and the spread of differences."""
