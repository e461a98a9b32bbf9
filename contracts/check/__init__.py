"""Checks: what a contract file may not say, found before anybody agrees to it."""
