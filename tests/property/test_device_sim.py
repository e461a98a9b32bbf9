"""The laws that hold for every simulated fleet, whatever its seed: held by computing the truth another way.

From nothing but the bytes that were sent and the registry, use is a difference of two values shown plus resets, and
uptime is a sum of intervals.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from device_sim.faults import Habits, observe, plan_faults, plan_services
from device_sim.fleet import FLEETS, Fleet, fleet, parse_months
from device_sim.signals import dice, haulage
from device_sim.truth import Witness, month_seconds, revealed, unreported
from ingest.formats.json import decode
from vouch.document import parse_document
from vouch.period import Period, local_instant

COUNTERS = {"printers": "pages_total", "tyres": "odometer_km", "uptime": "odometer_km"}
Shown = dict[str, list[tuple[datetime, Any]]]


def simulate(name: str, seed: int, size: int, months: str) -> Fleet:
    return fleet(name, str(seed), size, parse_months(months))


seeds, sizes = st.integers(0, 10**9), st.integers(1, 4)
months = st.sampled_from(["2026-02", "2026-03", "2026-10", "2025-12..2026-01"])
fleets = st.builds(simulate, st.sampled_from(FLEETS), seeds, sizes, months)
vans = st.builds(simulate, st.just("uptime"), seeds, sizes, months)
# Shrinking would make a month of a whole fleet again for every step.
few = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def shown_of(simulation: Fleet, metric: str) -> Shown:
    """What each device showed, in its own time, each instant once."""
    values: dict[str, dict[datetime, Any]] = {}
    for message in simulation.messages:
        for reading in decode(message.payload).readings:
            if reading.metric == metric:
                before = values.setdefault(message.device, {}).setdefault(reading.measured_at, reading.value)
                assert before == reading.value, "a device never contradicts itself"
    return {device: sorted(said.items()) for device, said in values.items()}


def used(said: list[tuple[datetime, Any]], opens: datetime, closes: datetime) -> Decimal:
    """C(closes) - C(opens), plus what each fall in between had shown before it."""
    instants = [at for at, _ in said]
    first, last = max(0, bisect_right(instants, opens) - 1), bisect_right(instants, closes) - 1
    if last <= first:
        return Decimal(0)
    values = [Decimal(repr(value)) for _, value in said[first : last + 1]]
    return values[-1] - values[0] + sum((a for a, b in pairwise(values) if b < a), Decimal(0))


def served(asset: dict[str, Any], shown: Shown) -> Iterable[tuple[list[tuple[datetime, Any]], datetime | None]]:
    """Per device what it showed while it served the asset, and until when it did."""
    for device in asset["devices"]:
        since = datetime.fromisoformat(device["since"])
        until = datetime.fromisoformat(device["until"]) if device["until"] else None
        yield [s for s in shown.get(device["device"], []) if s[0] >= since and (not until or s[0] < until)], until


def in_service(simulation: Fleet) -> dict[str, Period]:
    """Each asset's span within the simulated months, as its contract file states it."""
    zone = ZoneInfo(simulation.truth["time_zone"])
    spans: dict[str, Period] = {}
    for key, text in simulation.contracts.items():
        for covered in parse_document(text, key).content["assets"]:
            since = local_instant(date.fromisoformat(covered["in_service_from"]), time(), zone)
            until = covered.get("in_service_until")
            end = local_instant(date.fromisoformat(until), time(), zone) if until else simulation.ends_at
            spans[covered["asset"]] = Period(since, end)
    return spans


def counted_spans(simulation: Fleet) -> Iterator[tuple[dict[str, Any], dict[str, Any], Period]]:
    """(asset, month, the part of the month in service) of all months in which an asset is in service."""
    zone, spans = ZoneInfo(simulation.truth["time_zone"]), in_service(simulation)
    for asset in simulation.truth["assets"]:
        for month in asset["months"]:
            year, number = map(int, month["month"].split("-"))
            span = Period.month(year, number, zone).overlap(spans[asset["asset"]])
            assert month["in_service_seconds"] * 1_000_000 == (span.micros if span else 0)
            if span:
                yield asset, month, span


@given(simulation=fleets)
@few
def test_true_use_is_the_difference_of_what_was_shown_at_both_ends_and_resets(simulation: Fleet) -> None:
    metric = COUNTERS[simulation.truth["fleet"]]
    shown = shown_of(simulation, metric)

    for asset, month, span in counted_spans(simulation):
        expected = sum((used(said, span.start, span.end) for said, _ in served(asset, shown)), Decimal(0))
        assert Decimal(month["use"][metric]) == expected


@given(simulation=vans)
@few
def test_true_uptime_is_the_sum_of_intervals_and_the_classes_share_out_all_time(simulation: Fleet) -> None:
    shown = shown_of(simulation, "state")
    classes = {"RUNNING": "up", "READY": "up", "FAULT": "down", "WORKSHOP": "down", "UNKNOWN": "unknown"}
    hold = timedelta(seconds=simulation.truth["hold_seconds"])

    for asset, month, span in counted_spans(simulation):
        seconds = dict.fromkeys(("up", "down", "unknown"), 0)
        for said, until in served(asset, shown):
            ends = [*(at for at, _ in said[1:]), until]
            for (at, state), following in zip(said, ends, strict=True):
                held = Period(at, min(following or at + hold, at + hold)).overlap(span)
                seconds[classes[state]] += held.micros // 1_000_000 if held else 0
        state = month["state"]["all"]
        assert (state["up"], state["down"]) == (seconds["up"], seconds["down"])
        assert sum(state.values()) == month["in_service_seconds"]


@given(seed=st.integers(), index=st.integers(0, 9), decimals=st.integers(0, 1))
@few
def test_what_was_used_was_either_shown_or_is_unreported(seed: int, index: int, decimals: int) -> None:
    zone = ZoneInfo("Europe/London")
    start, end = month_seconds(date(2026, 10, 1), zone)
    habits = Habits("odometer_km", decimals, None, moving=300, resting=3600, upload=900)
    life = haulage(dice(seed), start, end, zone)
    faults = plan_faults(dice(seed), index, start, end)
    services = plan_services(dice(seed), "lorry", faults, start, end, 500_000)
    seen = [o for service in services for o in observe(life, service, habits, faults)]
    witness = Witness("lorry", "tyres", (start, None), life.course, services, seen, faults)

    shown = sum(units for _, units in revealed(witness, "odometer_km", decimals))
    lost = sum(units for _, units in unreported(witness))
    really = life.course.total_at(seen[-1].true_at) - life.course.total_at(seen[0].true_at)
    assert shown + lost == really
