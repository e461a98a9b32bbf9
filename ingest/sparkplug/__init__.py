"""Sparkplug B, as a host application: edge nodes' sessions, births, sequence, STATE and commands."""
