"""Facts: events with two sides, and the log in which each side says what it says."""
