"""Product of shares, such as overall equipment effectiveness: availability times performance times quality.

Pure. Undefined as soon as one factor is. Source: docs/terms.md#product; ISO 22400-2.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.terms.base import Ref, Wanted
from contracts.terms.measures.base import SHARE, Measure


class Product(Measure):
    """`kind: product`."""

    gives: ClassVar[frozenset[Wanted]] = SHARE
    is_share: ClassVar[bool] = True

    kind: Literal["product"]
    factors: Annotated[list[str], Field(min_length=2, max_length=10)]

    def refs(self) -> list[Ref]:
        """The factors."""
        return [Ref(("factors", i), name, Wanted.SHARE) for i, name in enumerate(self.factors)]
