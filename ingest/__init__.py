"""Broker to TimescaleDB: what devices publish, stored once.

Owns: the session at the broker, wire formats, a message's way to a row or a rejection, the ledger that balances, day
summaries with their digests and findings, the registry of parties, metrics, assets and devices, Sparkplug's sessions,
presence and listening, devices' accounts, and how well a process is.

Does not own: what a reading is worth. It knows no contract and no price; a fall of a counter and a silence are
recorded here, and what they mean is decided by whoever measures. Nor the portal's people, nor months in a contract's
zone.

At the top is a message's way and nothing else; what stands beside it has rooms of its own.
"""
