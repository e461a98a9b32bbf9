"""Devices: simulated fleets and recorded telemetry, published over MQTT."""
