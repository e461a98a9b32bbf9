"""Measures as agreed: what is measured, from which metrics, over which window. One file each."""
