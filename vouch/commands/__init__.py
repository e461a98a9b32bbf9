"""The `vouch` command, one file a subject. Every import of another package is made inside its subcommand."""
