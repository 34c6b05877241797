"""Classification: few labels, and synthetic points that a classifier labels itself."""
