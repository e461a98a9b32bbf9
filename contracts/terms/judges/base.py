"""What every judge has.

Pure. Source: docs/terms.md#judges.
"""

from typing import ClassVar

from contracts.terms.base import Part, Wanted


class Judge(Part):
    """`gives` says what it comes to: how a promise stands, or spans of time."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.JUDGE, Wanted.SPANS})
