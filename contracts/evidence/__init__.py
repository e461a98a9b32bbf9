"""Evidence: all that a contract's month rests on, as a folder of files."""
