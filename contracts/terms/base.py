"""What every part of a contract has, and the small types its fields are made of.

Pure. A part is what people wrote, checked: its document is the agreed data. Whatever the parties choose is a required
field; where nothing is agreed, the contract says `none`. Nothing is computed here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from ingest.catalogue import Metric, MetricKind
from ingest.registry.file import Slug as Slug
from ingest.registry.file import check_unit
from vouch.document import PlainDecimal
from vouch.errors import Invalid
from vouch.expectation import near
from vouch.units import unit_of

Text = Annotated[str, Field(min_length=1, max_length=200)]
Unit = Annotated[str, AfterValidator(check_unit)]
Decimal20 = Annotated[PlainDecimal, Field(max_digits=20, decimal_places=12)]
Price = Annotated[PlainDecimal, Field(ge=0, max_digits=20, decimal_places=12)]
Quantity = Annotated[PlainDecimal, Field(ge=0, max_digits=20, decimal_places=12)]
Positive = Annotated[PlainDecimal, Field(gt=0, max_digits=20, decimal_places=12)]
Percent = Annotated[PlainDecimal, Field(ge=0, le=100, max_digits=12)]
Weight = Annotated[PlainDecimal, Field(ge=0, le=1, max_digits=12)]
Seconds = Annotated[int, Field(ge=0, le=31_622_400, strict=True)]
Days = Annotated[int, Field(ge=0, le=3_660, strict=True)]
Count = Annotated[int, Field(ge=1, le=100_000, strict=True)]


def _either(value: Any) -> str:
    return "·word" if isinstance(value, str) and value[:1].isalpha() else "·given"


# Either a word such as `none`, or what is agreed: one message where neither fits.
EITHER: Final = Discriminator(_either)
WORD: Final = Tag("·word")
GIVEN: Final = Tag("·given")


def by_key(*keys: str) -> Discriminator:
    """Choose the branch tagged `key(k)` whose own key is there; the message names the keys where none is."""

    def choose(value: Any) -> str | None:
        has = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
        found = [k for k in keys if k in has]
        return f"·{found[0]}" if found else None

    expected = " or ".join(repr(k) for k in keys)
    return Discriminator(choose, custom_error_type="no_branch", custom_error_message=f"one of the keys {expected}")


def key(name: str) -> Tag:
    """The tag of a branch that has the key `name` of its own."""
    return Tag(f"·{name}")


Path = tuple[str | int, ...]


class Scope(StrEnum):
    """Whether each asset is measured by itself, or all of them together."""

    ASSET = "asset"
    POOLED = "pooled"


class TimeScope(StrEnum):
    """As Scope, or the mean of the assets' own shares."""

    ASSET = "asset"
    POOLED = "pooled"
    MEAN = "mean"


class Wanted(StrEnum):
    """What a part expects another one to be."""

    QUANTITY = "a measure of a quantity"
    SHARE = "a measure of a share"
    MEASURE = "a measure"
    TIME = "an availability"
    INCIDENTS = "an incident list"
    PROMISE = "a threshold"
    SPANS = "a judge of spans of time"
    JUDGE = "a judge"
    SAVING = "a saving"
    PRICE = "a price listed above"
    REMEDY = "a remedy or bonus listed above"
    INDEXED = "a fixed fee, usage price or minimum"


@dataclass(frozen=True, slots=True)
class Ref:
    """`path` within the part names the part `id`, which has to be what is `wanted`."""

    path: Path
    id: str
    wanted: Wanted


class Model(BaseModel):
    """A piece of a part: no key unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Part(Model):
    """A measure, a judge or a price. `id` is unique within the contract."""

    gives: ClassVar[frozenset[Wanted]] = frozenset()

    id: Slug

    @property
    def chained(self) -> bool:
        """Whether what it comes to in one month depends on earlier months."""
        return False

    @property
    def own_scope(self) -> Scope | None:
        """Whether it speaks of single assets or of all of them; None where the parts that it names decide."""
        return None

    def refs(self) -> Sequence[Ref]:
        """The other parts it names."""
        return ()

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """(path within the part, message) of what does not fit the covered assets' metric catalogue."""
        return []


class PricePart(Part):
    """A price. `text` is what the line says, `vat_percent` overrides the contract's."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.PRICE})

    text: Text
    vat_percent: Percent | None = None


def metric_fault(
    name: str, kinds: Sequence[MetricKind], metrics: Mapping[str, Metric], path: Path = ("metric",)
) -> list[tuple[Path, str]]:
    """The fault of a name that is not a metric of one of these kinds, with those that are."""
    metric = metrics.get(name)
    if metric is not None and metric.kind in kinds:
        return []
    known = [n for n, m in metrics.items() if m.kind in kinds]
    found = f"is {_one(metric.kind)}" if metric is not None else "is no metric of every covered asset"
    wanted = f"{' or '.join(map(_one, kinds))} of every covered asset"
    hint = near(name, known) or f"; known: {', '.join(known) or 'none'}"
    return [(path, f"{name!r} {found}; expected: {wanted}{hint}")]


def _one(kind: MetricKind) -> str:
    return f"an {kind}" if kind is MetricKind.AMOUNT else f"a {kind}"


def unit_fault(have: str | None, want: str, path: Path = ("unit",)) -> list[tuple[Path, str]]:
    """The fault of a unit that cannot be expressed in the one wanted."""
    try:
        source, target = unit_of(have or ""), unit_of(want)
    except Invalid as error:
        return [(path, str(error))]
    if source.dimension == target.dimension:
        return []
    return [(path, f"{have} ({source.dimension}) cannot be expressed in {want} ({target.dimension})")]


def state_faults(
    name: str, placed: Mapping[str, Collection[str]], metrics: Mapping[str, Metric]
) -> list[tuple[Path, str]]:
    """Each state of the metric has exactly one place; `placed` holds the states by field, as list or as keys."""
    found = metric_fault(name, [MetricKind.STATE], metrics)
    if found:
        return found
    states = metrics[name].states
    unknown: list[tuple[Path, str]] = []
    for field, several in placed.items():
        for i, state in enumerate(several):
            if state not in states:
                hint = near(state, states) or f"; known: {', '.join(states)}"
                at = state if isinstance(several, Mapping) else i
                unknown.append(((field, at), f"{state!r} is not a state of {name}{hint}"))
    named = {state for several in placed.values() for state in several}
    fields = ", ".join(repr(field) for field in placed)
    missing: list[tuple[Path, str]] = [
        ((), f"state {state!r} of {name} is in none of {fields}") for state in sorted(states.keys() - named)
    ]
    # Where names are wrong, those that are missing are most likely the ones that were meant.
    return unknown or missing
