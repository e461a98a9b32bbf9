"""Prices as agreed: what measures and judgments come to in money. Only the data; billing does the arithmetic."""
