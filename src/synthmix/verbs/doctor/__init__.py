"""The verb `doctor`: what this machine, this folder and this installation have of what a run needs."""
