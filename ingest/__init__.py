"""Broker to TimescaleDB: what devices publish, stored once."""
