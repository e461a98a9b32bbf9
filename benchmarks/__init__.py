"""Benchmarks: figures as ratios within one run on one machine. `make bench` runs them all."""
