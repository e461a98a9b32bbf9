"""Small constructors for tests, so that inputs can be checked by hand: `states("UUD?U", each=HOUR)`.

`stream` is put together by the product's own contracts/streams/source.py, from a source in memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.calendar import WEEKDAYS, WallSpan
from contracts.contract import CoveredAsset
from contracts.evidence.document import AssignmentDocument, Evidence, EvidenceDocument
from contracts.evidence.readings import Readings, SeriesReadings
from contracts.evidence.source import EvidenceSource
from contracts.facts.book import FactBook, book_at
from contracts.facts.entry import FactLog
from contracts.scene import Measured, Scene
from contracts.streams.source import load_streams
from contracts.streams.stream import Need, Stream
from ingest.catalogue import Assignment, KnownDevice, Metric, MetricKind, OnFall, Series
from ingest.decoding import open_message
from ingest.message import Arrived, Message, Opened
from ingest.summaries.summary import DaySummary, summarise
from vouch.period import DAY, Period, iso, to_micros

SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
# A Monday, at midnight UTC.
T0: Final = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
KNOWN_AT: Final = datetime(2030, 1, 1, tzinfo=UTC)
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
    modulus: Decimal | None = None,
    jitter: Decimal = Decimal(0),
    step_max: Decimal | None = None,
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
        modulus=modulus,
        jitter=jitter,
        step_max=step_max,
        silence_seconds_max=silence_seconds_max,
    )


def catalogue(*metrics: Metric, device: str = "d-1") -> dict[str, dict[str, Series]]:
    """A catalogue of one device, its series numbered from 1."""
    return {device: {one.name: Series(i, device, one) for i, one in enumerate(metrics, start=1)}}


def known(*metrics: Metric, device: str = "d-1", installed_at: datetime | None = None) -> dict[str, KnownDevice]:
    """One device as ingest knows it, its series numbered from 1."""
    installed = None if installed_at is None else to_micros(installed_at)
    return {device: KnownDevice(device, installed, catalogue(*metrics, device=device)[device])}


def opened(*messages: Message, at: datetime = T0) -> list[Opened]:
    """Messages that arrived at `at`, decoded."""
    return [open_message(Arrived(one, to_micros(at))) for one in messages]


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
    serves_until: datetime | None = None,
    need: Need | None = None,
    **wanted: Any,
) -> Stream:
    """What `device` showed for `asset` in `part`, from all its readings ever; `wanted` as in Need: carry, raw..."""
    of = of or metric()
    source = said_by(said, of, device, Assignment(asset, device, serves_from, serves_until))
    need = need or Need(asset, of.name, **wanted)
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


def scene(
    streams: Sequence[Stream],
    part: Period,
    *,
    asset: str = "asset-1",
    zone: ZoneInfo = BERLIN,
    facts: FactBook | None = None,
    granted: Mapping[str, Sequence[Period]] | None = None,
    earlier: Measured | None = None,
) -> Scene:
    """What a measure may look at in `part`, which is its own window and month."""
    by_metric: dict[str, list[Stream]] = {}
    for one in streams:
        by_metric.setdefault(one.metric.name, []).append(one)
    return Scene(
        asset=asset,
        part=part,
        window=part,
        month=part,
        covered=part,
        zone=zone,
        known_at=KNOWN_AT,
        facts=facts or book(),
        streams=by_metric,
        granted=lambda judge: (granted or {}).get(judge, ()),
        earlier=earlier,
        crossing=lambda measure, since, quantity: None,
    )


def book(*entries: dict[str, Any]) -> FactBook:
    """The log of these entries."""
    return book_at(FactLog.model_validate(list(entries)).root, KNOWN_AT)


def proposed(fact: str, kind: str, about: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A proposal of the supplier's about `asset-1`: `since` and `until`, or `at`, as the kind has them."""
    times = {("from" if key == "since" else key): value and iso(value) for key, value in own.items()}
    given = {"fact": fact, "recorded_at": iso(LONG_AGO), "by": "supplier", "says": "propose", "kind": kind}
    return given | {"asset": "asset-1", "about": about} | times


def accepted(fact: str) -> dict[str, Any]:
    """The customer's word that it is so."""
    return {"fact": fact, "recorded_at": iso(LONG_AGO + HOUR), "by": "customer", "says": "accept"}


def wall(text: str) -> WallSpan:
    """`monday 06:00-22:00`."""
    weekday, _, times = text.partition(" ")
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in times.split("-"))
    return WallSpan(WEEKDAYS.index(weekday), start, end)


def month(text: str) -> date:
    """`2026-10` as the first of that month."""
    return date.fromisoformat(f"{text}-01")


def by_asset(*streams: Stream) -> Mapping[tuple[str, str], list[Stream]]:
    """Streams as an evaluation takes them."""
    found: dict[tuple[str, str], list[Stream]] = {}
    for one in streams:
        found.setdefault((one.asset, one.metric.name), []).append(one)
    return found
