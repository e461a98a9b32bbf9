"""Streams: what a contract's terms have to see of a device, from the database or from files."""
