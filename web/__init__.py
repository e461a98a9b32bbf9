"""People: the portal."""
