"""The ground every package stands on, and the `vouch` command."""
