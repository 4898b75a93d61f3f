"""Measurements too long for a chapter: each module is a command, and ships the result file that it wrote."""
