"""Measures: a number and the spans it rests on, one file each."""
