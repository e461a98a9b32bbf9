"""Types of published JSON: instants, exact numbers and digests, as text.

Pure. Builders of statements and documents return TypedDicts of these, so that mypy holds what is written, and the
published JSON Schemas are made of the same. docs/statement.md says what each means.
"""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, WithJsonSchema
from typing_extensions import TypedDict

# For the outermost form of what is published: nothing stands in it that the form does not name.
CLOSED: Final = ConfigDict(extra="forbid", strict=True)

_INSTANT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z$"
_MONTH: Final = "^[0-9]{4}-[0-9]{2}$"

Instant = Annotated[str, Field(pattern=_INSTANT, description="UTC")]
Month = Annotated[str, Field(pattern=_MONTH)]
Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256")]
DecimalText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="a decimal number")]
WholeText = Annotated[str, Field(pattern="^-?[0-9]+$", description="a whole number")]
Exact = Annotated[
    list[WholeText], Field(min_length=2, max_length=2, description="[numerator, denominator] in lowest terms")
]
Micros = Annotated[int, Field(ge=0, description="microseconds")]
ByClass = Annotated[dict[str, Micros], Field(description="microseconds by class of time")]
Subject = Annotated[str, Field(description="an asset, or * for all of them")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
VersionNumber = Annotated[int, Field(ge=1)]
Position = Annotated[int, Field(ge=1)]

# Half-open: `until` is not part of it.
Span = TypedDict("Span", {"from": Instant, "until": Instant})


class Number(TypedDict):
    """`decimal` is cut towards zero after twelve places; `exact` says that nothing was cut."""

    fraction: Exact
    decimal: DecimalText
    exact: bool


def _row(*cells: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "minItems": len(cells), "maxItems": len(cells), "prefixItems": list(cells)})


_TEXT: Final[dict[str, Any]] = {"type": "string"}
_AT: Final[dict[str, Any]] = {"type": "string", "pattern": _INSTANT, "description": "UTC"}

# [class, from, until, causes that lost]
ClassRow = Annotated[list[Any], _row(_TEXT, _AT, _AT, {"type": "array", "items": _TEXT})]
# [month, verdict]
VerdictRow = Annotated[list[str], _row({"type": "string", "pattern": _MONTH}, _TEXT)]
# [what, by whom, when]
AnswerRow = Annotated[list[str], _row(_TEXT, _TEXT, _AT)]
# An inference: what kind, in words, and the facts it rests on.
Finding = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"kind": _TEXT, "text": _TEXT},
            "required": ["kind", "text"],
            "additionalProperties": True,
            "description": "An inference: what kind, in words, and the facts it rests on.",
        }
    ),
]
