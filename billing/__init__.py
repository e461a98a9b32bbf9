"""Evaluations to invoices."""
