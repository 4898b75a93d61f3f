"""Pictures and data sets: what the networks look at."""
