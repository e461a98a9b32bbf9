"""Fleets: three ways to sell use instead of a product, simulated from the signal to the contract.

Pure. The same name, seed, size and months give the same bytes. `printers` are on an ink
subscription, `tyres` are paid by the kilometre, `uptime` are delivery trucks with guaranteed uptime. A fleet has its
papers (registry and contracts), its devices' messages, and the truth about both. docs/simulator.md shows all three.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from device_sim.faults import Habits, observe, plan_faults, plan_services, send
from device_sim.fleet_papers import PAPERS, Papers
from device_sim.message import Message
from device_sim.paperwork import covered, served, yaml_text
from device_sim.signals import HOUR, Life, delivery, dice, haulage, local_days, printing, utc, wall_second
from device_sim.truth import Promise, Witness, month_seconds, truth_of
from vouch.errors import Invalid, NotFound

SIZE_MAX: Final = 10_000
MONTHS_MAX: Final = 36
_LEAD_IN, _TAIL = 24 * HOUR, HOUR
# In a fleet of at least this many the last asset joins or leaves within a month.
_PARTIAL_FROM: Final = 4


@dataclass(frozen=True, slots=True)
class Fleet:
    """A simulated fleet. `contracts` are file texts by contract id; `messages` are in the order they are sent.

    `ends_at` is the end of the last month; devices go on for an hour.
    """

    name: str
    registry: str
    contracts: Mapping[str, str]
    messages: Sequence[Message]
    truth: Mapping[str, Any]
    ends_at: datetime

    @property
    def truth_text(self) -> str:
        """The truth file."""
        return json.dumps(self.truth, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one sort of fleet behaves. `base` is the range of its counters' first values, in units of resolution."""

    size: int
    asset: str
    zone: ZoneInfo
    habits: Habits
    base: tuple[int, int]
    live: Callable[[Random, int, int], Life]


def _deliver(rng: Random, start: int, end: int) -> Life:
    promise = PAPERS["uptime"].promise
    assert promise is not None
    zone = KINDS["uptime"].zone
    planned = [
        (wall_second(day, opens, zone), wall_second(day, closes, zone))
        for day in local_days(start, end, zone)
        for opens, closes in promise.planned.get(day.weekday(), ())
    ]
    return delivery(rng, start, end, zone, planned)


_BERLIN, _LONDON = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")
KINDS: Final[Mapping[str, Kind]] = {
    "printers": Kind(
        size=8,
        asset="printer",
        zone=_BERLIN,
        habits=Habits("pages_total", 0, None, moving=900, resting=900, upload=HOUR),
        base=(2_000, 90_000),
        live=lambda rng, start, end: printing(rng, start, end, _BERLIN),
    ),
    "tyres": Kind(
        size=10,
        asset="lorry",
        zone=_LONDON,
        habits=Habits("odometer_km", 1, None, moving=300, resting=HOUR, upload=900),
        base=(200_000, 6_000_000),
        live=lambda rng, start, end: haulage(rng, start, end, _LONDON),
    ),
    "uptime": Kind(
        size=6,
        asset="van",
        zone=_BERLIN,
        habits=Habits("odometer_km", 1, "state", moving=300, resting=300, upload=900),
        base=(50_000, 2_000_000),
        live=_deliver,
    ),
}
FLEETS: Final = tuple(KINDS)


class NoFleet(NotFound):
    """No fleet of that name is simulated."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no simulated fleet {name!r}; there are {', '.join(FLEETS)}")


def parse_months(text: str) -> list[date]:
    """`2026-10`, or `2026-10..2026-12` with both ends, as first days. Raises Invalid."""
    first_text, _, last_text = text.partition("..")
    try:
        first, last = (date.fromisoformat(f"{part}-01") for part in (first_text, last_text or first_text))
    except ValueError as error:
        raise Invalid(f"{text!r} is not a month such as 2026-10, nor a span such as 2026-10..2026-12") from error
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= count <= MONTHS_MAX:
        raise Invalid(f"{text!r}: the first month comes first, and at most {MONTHS_MAX} are simulated")
    numbers = [first.year * 12 + first.month - 1 + n for n in range(count)]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def fleet(name: str, seed: str, size: int | None, months: Sequence[date]) -> Fleet:
    """The fleet with all its papers, messages and truth; `size` None is the usual one. Raises NoFleet, Invalid."""
    if name not in KINDS:
        raise NoFleet(name)
    kind, papers = KINDS[name], PAPERS[name]
    size = kind.size if size is None else size
    if not 1 <= size <= SIZE_MAX:
        raise Invalid(f"a fleet has 1 to {SIZE_MAX} assets, not {size}")
    members = [_member(name, kind, papers, seed, index, size, months) for index in range(size)]
    messages = [message for _, sent in members for message in sent]
    messages.sort(key=lambda message: (message.sent_at, message.device, message.measurements[0][0]))
    witnesses = [witness for witness, _ in members]
    return Fleet(
        name=name,
        registry=yaml_text(_registry(papers, witnesses)),
        contracts=_contracts(papers, kind, witnesses, months),
        messages=messages,
        truth=_truth(name, kind, papers, seed, months, witnesses, messages),
        ends_at=utc(month_seconds(months[-1], kind.zone)[1]),
    )


def _member(
    name: str, kind: Kind, papers: Papers, seed: str, index: int, size: int, months: Sequence[date]
) -> tuple[Witness, list[Message]]:
    """One asset: what is known of it, and what its devices send."""
    asset = f"{kind.asset}-{index + 1:0{max(2, len(str(size)))}d}"
    spans = [month_seconds(month, kind.zone) for month in months]
    joins, leaves = _in_service(papers, kind, index, size, months)
    begins = joins if joins > spans[0][0] and papers.joins_new else spans[0][0] - _LEAD_IN
    ends = spans[-1][1] + _TAIL
    rng = dice(seed, name, asset, "faults")
    faults = [fault for start, end in spans for fault in plan_faults(rng, index, start, end) if fault.start > begins]
    services = plan_services(rng, asset, faults, begins, ends, rng.randint(*kind.base))
    life = kind.live(dice(seed, name, asset, "life"), begins, ends)
    observations = [o for service in services for o in observe(life, service, kind.habits, faults)]
    witness = Witness(
        asset=asset,
        contract=papers.contract_of(index, size),
        in_service=(joins, leaves),
        course=life.course,
        services=services,
        observations=observations,
        faults=faults,
    )
    return witness, send(dice(seed, name, asset, "network"), observations, kind.habits, faults)


def _in_service(papers: Papers, kind: Kind, index: int, size: int, months: Sequence[date]) -> tuple[int, int | None]:
    """The asset's span in its contract: the last asset joins or leaves on a day within a month."""
    first, last = months[0], months[-1]
    partial = index == size - 1 and size >= _PARTIAL_FROM
    joins = first.replace(day=papers.joins_day) if partial and papers.joins_day else first
    leaves = last.replace(day=papers.leaves_day) if partial and papers.leaves_day else None
    return wall_second(joins, 0, kind.zone), wall_second(leaves, 0, kind.zone) if leaves else None


def _registry(papers: Papers, witnesses: Sequence[Witness]) -> dict[str, Any]:
    assets = [
        {
            "id": witness.asset,
            "name": f"{papers.asset_name} {number}",
            "customer": papers.agreements[witness.contract].customer["id"],
            "product_type": papers.product["id"],
            "served_by": [served(s.device, utc(s.since), utc(s.until) if s.until else None) for s in witness.services],
        }
        for number, witness in enumerate(witnesses, start=1)
    ]
    customers = {agreement.customer["id"]: agreement.customer for agreement in papers.agreements.values()}
    return {
        "registry": 1,
        "issuers": [papers.issuer],
        "customers": list(customers.values()),
        "product_types": [papers.product],
        "assets": assets,
    }


def _contracts(papers: Papers, kind: Kind, witnesses: Sequence[Witness], months: Sequence[date]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, agreement in papers.agreements.items():
        assets = [
            covered(w.asset, *(utc(at).astimezone(kind.zone).date() for at in w.in_service if at is not None))
            for w in witnesses
            if w.contract == key
        ]
        if assets:
            found[key] = yaml_text(papers.head(key, kind.zone.key, months[0]) | {"assets": assets} | agreement.terms)
    return found


def _truth(
    name: str,
    kind: Kind,
    papers: Papers,
    seed: str,
    months: Sequence[date],
    witnesses: Sequence[Witness],
    messages: Sequence[Message],
) -> dict[str, Any]:
    promise: Promise | None = papers.promise
    once = {(m.device, at, metric) for m in messages for at, values in m.measurements for metric in values}
    return {
        "truth": 1,
        "fleet": name,
        "seed": seed,
        "size": len(witnesses),
        "time_zone": kind.zone.key,
        "hold_seconds": promise.hold_seconds if promise else None,
        "sent": {
            "messages": len(messages),
            "readings": sum(message.readings for message in messages),
            "distinct_readings": len(once),
        },
        "assets": [truth_of(witness, months, kind.zone, kind.habits, promise) for witness in witnesses],
    }
