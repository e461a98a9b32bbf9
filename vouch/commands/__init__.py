"""The `vouch` command: one file a command or group, named as it is. Other packages are imported inside subcommands."""
