"""Devices: simulated fleets that know the truth, recorded telemetry, and what publishes both over MQTT."""
