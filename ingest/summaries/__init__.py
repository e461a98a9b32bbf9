"""Summaries: a series' day in a few rows, and what was found in it."""
