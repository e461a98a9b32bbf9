"""Streams: what each kind of need gets, and that nothing is read for needs that nobody has."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.contract import CoveredAsset
from contracts.evidence.source import EvidenceSource
from contracts.streams.source import load_streams
from contracts.streams.stream import Need, Stream
from ingest.catalogue import Assignment, Catalogue, OnFall, Series
from ingest.reading import Shown
from ingest.summaries.summary import DaySummary
from tests.builders import HOUR, LONG_AGO, T0, counts, hours, metric, said_by, stream
from vouch.period import DAY, Period

COVERED = [CoveredAsset("asset-1", LONG_AGO, None)]


def shown(found: Sequence[Shown]) -> list[tuple[int, int]]:
    """(hours after T0, value)."""
    return [((one.at - T0) // HOUR, int(one.value)) for one in found]


def runs(one: Stream) -> list[tuple[int, int]]:
    """(first value, last value)."""
    return [(int(run.first.value), int(run.last.value)) for run in one.runs]


class Watched:
    """A source that notes which of its questions were asked."""

    def __init__(self, source: EvidenceSource) -> None:
        self.source, self.asked = source, list[str]()

    @property
    def known_at(self) -> datetime:
        return self.source.known_at

    def assignments(self, assets: Sequence[str]) -> Sequence[Assignment]:
        return self.source.assignments(assets)

    def catalogue(self, devices: Sequence[str]) -> Catalogue:
        return self.source.catalogue(devices)

    def days(self, series: Sequence[Series], first: date, last: date) -> Mapping[int, Sequence[DaySummary]]:
        self.asked.append("days")
        return self.source.days(series, first, last)

    def highest(self, series: int, span: Period) -> Decimal | None:
        self.asked.append("highest")
        return self.source.highest(series, span)

    def readings(self, series: int, span: Period) -> Sequence[tuple[int, float]]:
        self.asked.append("readings")
        return self.source.readings(series, span)

    def around(self, series: Sequence[int], at: datetime) -> Mapping[int, tuple[Shown, Shown]]:
        self.asked.append("around")
        return self.source.around(series, at)

    def after(self, series: Sequence[int], at: datetime) -> Mapping[int, Shown]:
        self.asked.append("after")
        return self.source.after(series, at)


def asked_for(**wanted: Any) -> list[str]:
    """What is asked of a source for a counter that rises by one an hour, over the second day of three."""
    said = counts(*range(72))
    source = Watched(said_by(said, metric(), "d-1", Assignment("asset-1", "d-1", LONG_AGO, None)))
    load_streams(source, COVERED, hours(24, 48), [Need("asset-1", "counter", **wanted)])
    return source.asked


def test_only_what_a_need_asks_for_is_read() -> None:
    assert asked_for() == ["days", "around", "around"]
    assert asked_for(carry=timedelta(hours=1)) == asked_for(step=Decimal(23)) == asked_for()
    assert asked_for(step=Decimal(22)) == ["days", "readings"], "single readings need not be cut"
    assert asked_for(carry=timedelta(minutes=59)) == ["days", "readings"]
    assert asked_for(raw=True) == ["days", "around", "around", "readings"]
    assert asked_for(after=True) == ["days", "around", "around", "after"]
    assert asked_for(highest=True) == ["days", "around", "around", "highest"]


def test_a_day_on_which_a_spike_may_hide_comes_as_single_readings() -> None:
    said = counts(0, 1, 50, 51, each=HOUR) + counts(52, 54, each=HOUR, start=T0 + DAY)

    found = stream(said, hours(0, 48), step=Decimal(10))

    assert runs(found) == [(0, 0), (1, 1), (50, 50), (51, 51), (52, 54)]
    assert [day.digest for day in found.days] == [day.digest for day in stream(said, hours(0, 48)).days]


def test_every_reading_comes_with_the_one_that_opens_the_part() -> None:
    said = counts(1, 2, 3, None, 5, 6)

    assert shown(stream(said, hours(1.5, 4), raw=True).readings) == [(1, 2), (2, 3), (4, 5)]
    assert shown(stream(said, hours(1, 4), raw=True).readings) == [(1, 2), (2, 3), (4, 5)]
    assert shown(stream(said, hours(-9, 1), raw=True).readings) == [(0, 1), (1, 2)]
    assert shown(stream(said, hours(90, 99), raw=True).readings) == [(5, 6)]
    since = stream(said, hours(2, 4), raw=True, serves_from=T0 + 2 * HOUR)
    assert shown(since.readings) == [(2, 3), (4, 5)]
    assert stream(said, hours(1, 4)).readings == ()
    assert stream([], hours(1, 4), raw=True).readings == ()


def test_the_first_reading_after_the_part_may_be_days_later() -> None:
    said = counts(1, 2, each=100 * HOUR)

    found = stream(said, hours(0, 48), after=True).after

    assert found == Shown(T0 + 100 * HOUR, Decimal(2))
    assert stream(said, hours(0, 100), after=True).after is None
    assert stream(said, hours(0, 48)).after is None


def test_the_highest_value_before_is_there_for_whoever_asks_and_for_dips() -> None:
    said = counts(1, 9, 2, 3, each=24 * HOUR)

    assert stream(said, hours(72, 96)).highest_before is None
    assert stream(said, hours(72, 96), highest=True).highest_before == 9
    assert stream(said, hours(72, 96), metric(on_fall=OnFall.DIP)).highest_before == 9
    since = stream(said, hours(72, 96), highest=True, serves_from=T0 + 48 * HOUR)
    assert since.highest_before == 2, "what it showed for another asset does not count"
