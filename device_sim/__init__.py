"""Devices: simulated fleets that know the truth, recorded telemetry, and what publishes both over MQTT.

Owns: what really happens to an asset and what faults make of it on the way, the truth to hold invoices against,
recorded sets with their papers, and publishing at QoS 1 until vouch has said what became of each message.

Does not own: anything that is stored. It speaks the wire format that ingest reads, and knows nothing else of ours;
what is billed of it is found out by the product's own path.
"""
