"""Training: recipes, the loop, checkpoints, evaluation, and from a finished run to shipped weights."""
