"""Readings to what was promised and what happened.

Owns: the language in which contracts are written and its check, versions and amendments, the log of facts of both
sides, streams put together from summaries or files, measures, judges, months and windows, evidence as a folder of
files, and the engine's number.

Does not own: money. Prices stand in `contracts.terms` as agreed data, and what they come to is for billing. Nor what
a line rests on once it is billed, nor statements, which have amounts in them, nor sentences about terms, which are
web's.
"""
