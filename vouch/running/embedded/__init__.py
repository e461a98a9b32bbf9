"""The embedded default: a private PostgreSQL with TimescaleDB and a private Mosquitto, and what keeps them running.

`vouch.running.up` is the door; nothing else imports this package.
"""
