"""Evaluations to invoices.

Owns: rating price by price, statements, corrections of earlier months, invoices with their lines, totals and numbers,
what each line rests on, what a document states and the forms it is given out in, and verification from raw readings.

Does not own: sensors. It imports nothing of ingest, and asks contracts' evaluator for every number it prices. Nor how
quantities and verdicts come about, nor pages, nor which month is due when: the scheduler asks and closes.
"""
