"""Judges: measured numbers to facts, one file each."""
