"""Presence: when devices were there, and when vouch itself was listening."""
