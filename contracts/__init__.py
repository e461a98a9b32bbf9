"""Readings to what was promised and what happened."""
