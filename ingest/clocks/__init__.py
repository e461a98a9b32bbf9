"""Clocks: how far devices' clocks are off, and which of them stand still."""
