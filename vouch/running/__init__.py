"""Running: all of vouch on this machine, and the work that comes due."""
