"""Small constructors for tests, so that inputs can be checked by hand: `timeline("UUD?U", each=HOUR)`.

`stream` is put together by the product's own contracts/streams.py, from a source in memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.calendar import WEEKDAYS, WallSpan
from contracts.contract import Contract, CoveredAsset
from contracts.evidence import AssignmentDocument, Evidence, EvidenceDocument
from contracts.evidence_readings import Readings, SeriesReadings
from contracts.evidence_source import EvidenceSource
from contracts.source import Need, Stream
from contracts.streams import load_streams
from contracts.terms import FixedFee, Term, UptimeGuarantee, UsagePrice
from contracts.terms.fixed_fee import FeePer
from contracts.terms.uptime_guarantee import Credit, CreditLadder, CreditPerStartedPoint, CreditTier, UnknownAs
from contracts.terms.usage_price import PriceTier, Scope
from contracts.timeline import Timeline
from ingest.catalogue import Assignment, Metric, MetricKind, OnFall, Series
from ingest.summary import DaySummary, summarise
from vouch.period import DAY, Period, to_micros, union

SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
# A Monday, at midnight UTC.
T0: Final = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
BERLIN: Final = ZoneInfo("Europe/Berlin")
STATES: Final = {"up": 1, "down": 2, "lost": 3}
ALWAYS: Final = tuple(f"{weekday} 00:00-24:00" for weekday in WEEKDAYS)

# One reading: when, and the number or the state's code.
Said = tuple[datetime, float]


def utc(text: str) -> datetime:
    """`2026-06-01 06:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str) -> Period:
    """From one UTC instant to another, both as `utc` reads them."""
    return Period(utc(start), utc(end))


def hours(start: float, end: float) -> Period:
    """So many hours after T0 until so many hours after it."""
    return Period(T0 + start * HOUR, T0 + end * HOUR)


def timeline(text: str, each: timedelta = HOUR, start: datetime = T0) -> Timeline:
    """U is up, D is down, ? is unknown, each character as long as `each`."""
    found: dict[str, list[Period]] = {"U": [], "D": [], "?": []}
    for i, letter in enumerate(text):
        found[letter].append(Period(start + i * each, start + (i + 1) * each))
    return Timeline(*(union(found[letter]) for letter in "UD?"))


def states(text: str, each: timedelta = HOUR, start: datetime = T0) -> list[Said]:
    """Readings of STATES: U up, D down, ? lost, and a dot where the device is silent."""
    codes = {"U": 1.0, "D": 2.0, "?": 3.0}
    return [(start + i * each, codes[letter]) for i, letter in enumerate(text) if letter != "."]


def counts(*values: float | None, each: timedelta = HOUR, start: datetime = T0) -> list[Said]:
    """Readings of a counter, one each `each`; None where the device is silent."""
    return [(start + i * each, float(value)) for i, value in enumerate(values) if value is not None]


def metric(
    kind: MetricKind = MetricKind.COUNTER,
    name: str | None = None,
    *,
    unit: str | None = None,
    plausible: tuple[str | None, str | None] = (None, None),
    on_fall: OnFall | None = None,
    silence_seconds_max: int = 86_400,
) -> Metric:
    """A metric of the catalogue; a counter starts again from zero and counts pieces unless said otherwise."""
    state, counter = kind is MetricKind.STATE, kind is MetricKind.COUNTER
    low, high = (None if bound is None else Decimal(bound) for bound in plausible)
    return Metric(
        name=name or kind.value,
        kind=kind,
        unit=None if state else unit or "C62",
        resolution=None,
        value_min=low,
        value_max=high,
        states=STATES if state else {},
        on_fall=(on_fall or OnFall.RESET) if counter else None,
        silence_seconds_max=silence_seconds_max,
    )


def catalogue(*metrics: Metric, device: str = "d-1") -> dict[str, dict[str, Series]]:
    """A catalogue of one device, its series numbered from 1."""
    return {device: {one.name: Series(i, device, one) for i, one in enumerate(metrics, start=1)}}


def day(kind: MetricKind, said: Iterable[Said], silence: timedelta = DAY) -> DaySummary:
    """The summary of one UTC day."""
    return summarise(kind, silence, micros(said))


def micros(said: Iterable[Said]) -> list[tuple[int, float]]:
    """Readings as the store gives them: in time order, instants in microseconds."""
    return sorted((to_micros(at), value) for at, value in said)


def stream(
    said: Iterable[Said],
    part: Period,
    of: Metric | None = None,
    *,
    asset: str = "asset-1",
    device: str = "d-1",
    serves_from: datetime = LONG_AGO,
    **wanted: Any,
) -> Stream:
    """What `device` showed for `asset` in `part`, from all its readings ever; `wanted` as in Need: carry, raw..."""
    of = of or metric()
    source = said_by(said, of, device, Assignment(asset, device, serves_from, None))
    need = Need(asset, of.name, **wanted)
    found = load_streams(source, [CoveredAsset(asset, part.start, part.end)], part, [need])
    (one,) = found[asset, of.name]
    return one


def said_by(said: Iterable[Said], of: Metric, device: str, *assignments: Assignment) -> EvidenceSource:
    """A source that knows what one device said of one metric, and whom it served."""
    readings = micros(said)
    instants, values = [at for at, _ in readings], [value for _, value in readings]
    held = Readings({1: SeriesReadings(instants, values, instants)}, len(readings), 0, 0, ())
    written = EvidenceDocument.model_construct(
        assignments=[
            AssignmentDocument.model_construct(
                asset=one.asset, device=one.device, serves_from=one.serves_from, serves_until=one.serves_until
            )
            for one in assignments
        ]
    )
    evidence = Evidence(written, {device: {of.name: Series(1, device, of)}}, held, (), ())
    return EvidenceSource(evidence, datetime.max.replace(tzinfo=UTC))


def wall(text: str) -> WallSpan:
    """`monday 06:00-22:00`."""
    weekday, _, times = text.partition(" ")
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in times.split("-"))
    return WallSpan(WEEKDAYS.index(weekday), start, end)


def fee(amount: str = "100", per: FeePer = FeePer.ASSET, vat: str | None = None) -> FixedFee:
    """A monthly fee under the id `fee`."""
    return FixedFee("fee", "Fee", None if vat is None else Decimal(vat), Decimal(amount), per)


def tiers(*steps: tuple[str | None, str]) -> tuple[PriceTier, ...]:
    """(up to, price) from tier to tier; the last is up to None."""
    return tuple(PriceTier(None if top is None else Decimal(top), Decimal(price)) for top, price in steps)


def usage(
    *steps: tuple[str | None, str], unit: str = "C62", scope: Scope = Scope.ASSET, vat: str | None = None
) -> UsagePrice:
    """A price on the metric `counter`, under the id `use`."""
    return UsagePrice("use", "Use", None if vat is None else Decimal(vat), "counter", unit, scope, tiers(*steps))


def ladder(*steps: tuple[str, str], cap: str = "100") -> Credit:
    """(below, percent) from tier to tier."""
    return Credit("fee", CreditLadder(tuple(CreditTier(Decimal(b), Decimal(p)) for b, p in steps)), Decimal(cap))


def per_point(points: str, percent: str, cap: str = "100") -> Credit:
    """So many percent for each started step of so many points."""
    return Credit("fee", CreditPerStartedPoint(Decimal(points), Decimal(percent)), Decimal(cap))


def uptime(
    *,
    service: Iterable[str] = ALWAYS,
    planned: Iterable[str] = (),
    allowance: timedelta = timedelta(0),
    carry: timedelta = HOUR,
    unknown_as: UnknownAs = UnknownAs.EXCLUDE,
    target: str = "98",
    credit: Credit | None = None,
) -> UptimeGuarantee:
    """A guarantee on the metric `state`, under the id `uptime`; spans as `wall` reads them."""
    return UptimeGuarantee(
        id="uptime",
        text="Uptime",
        vat_percent=None,
        metric="state",
        up=frozenset({"up"}),
        down=frozenset({"down"}),
        unknown=frozenset({"lost"}),
        service_hours=tuple(map(wall, service)),
        planned_windows=tuple(map(wall, planned)),
        planned_allowance=allowance,
        carry=carry,
        unknown_as=unknown_as,
        target_percent=Decimal(target),
        credit=credit or per_point("1", "5", cap="50"),
    )


def covered(asset: str = "asset-1", since: datetime = LONG_AGO, until: datetime | None = None) -> CoveredAsset:
    """An asset and its span in service."""
    return CoveredAsset(asset, since, until)


def contract(
    *terms: Term,
    assets: Iterable[CoveredAsset] | None = None,
    zone: ZoneInfo = BERLIN,
    currency: str = "EUR",
    vat: str = "19",
    **changes: Any,
) -> Contract:
    """Version 1 of a contract that covers `asset-1` unless said otherwise; `changes` replace whatever they name."""
    made = Contract(
        id="contract-1",
        version=1,
        issuer="issuer-1",
        customer="customer-1",
        currency=currency,
        zone=zone,
        effective_from=LONG_AGO,
        effective_until=None,
        vat_percent=Decimal(vat),
        assets=tuple(assets or (covered(),)),
        terms=terms,
        digest="0" * 64,
    )
    return replace(made, **changes)


def month(text: str) -> date:
    """`2026-10` as the first of that month."""
    return date.fromisoformat(f"{text}-01")


def by_asset(*streams: Stream) -> Mapping[tuple[str, str], list[Stream]]:
    """Streams as an evaluation takes them."""
    found: dict[tuple[str, str], list[Stream]] = {}
    for one in streams:
        found.setdefault((one.asset, one.metric.name), []).append(one)
    return found
