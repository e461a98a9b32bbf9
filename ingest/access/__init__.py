"""Access: who may speak to the broker, as whom, and how that is taken away."""
