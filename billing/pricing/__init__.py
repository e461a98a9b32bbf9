"""Prices: what measures and judgments come to in money, one file each."""
