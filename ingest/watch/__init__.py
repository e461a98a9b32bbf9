"""The watch: what an ingest process counts, whether it is well, and who is told."""
