"""What every term has, and what its document in a contract file has.

Pure. A term's file holds the agreed data (a dataclass) and how people write it (a pydantic model whose `term()`
gives the dataclass). Nothing is computed here.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ingest.catalogue import Metric
from vouch.document import PlainDecimal

Slug = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Price = Annotated[PlainDecimal, Field(ge=0, max_digits=20, decimal_places=12)]
Percent = Annotated[PlainDecimal, Field(ge=0, le=100, max_digits=12)]


@dataclass(frozen=True, slots=True)
class TermBase:
    """`id` is unique within the contract, `text` is what the invoice line says."""

    id: str
    text: str
    vat_percent: Decimal | None


class TermDocument(BaseModel):
    """A term as written. `vat_percent` overrides the contract's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    text: Annotated[str, Field(min_length=1, max_length=200)]
    vat_percent: Percent | None = None

    @abstractmethod
    def term(self) -> TermBase:
        """The agreed data."""

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[tuple[str | int, ...], str]]:
        """(path within the term, message) of what does not fit the covered assets' metric catalogue."""
        return []
