"""The engine's number, which statements and evaluations bear: the same number means the same results.

Pure. Raise it with every change by which the same agreements, readings and facts could come to another measure,
judgment, price, line or finding, be it made here or in billing: whoever holds an older result then sees that the engine
has changed since, and not the figures. It stays where only the form changes in which results are written.
tests/templates/digests.py keeps what the templates come to, and its test fails until the number is raised.
"""

from typing import Final

ENGINE: Final = "2"
