"""Amendments: whether a version follows from those before it, and what it changes, in words."""
