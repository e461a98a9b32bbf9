"""Statements a second on one core: a month of a truck's contract, from day summaries.

The contract has an uptime guarantee with service hours and two exclusions, a credit ladder, and graduated kilometres.
Every truck has its own states, kilometres, announced workshop visit and excused event. What is measured is everything
from the summaries to the statement's bytes: streams, measures, judges, prices, lines, digest. Reading the contract and
making the summaries, which happens once as readings come, is not.
"""

import cProfile
import json
import pstats
import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from billing.statement import statement
from contracts.contract import Contract, linked
from contracts.document import contract_of, parse_contract
from contracts.evaluate import Evaluator
from contracts.evidence.document import Evidence, EvidenceDocument, catalogue_of, parse_evidence
from contracts.evidence.readings import ReadingTable
from contracts.evidence.source import EvidenceSource
from contracts.facts.book import FactBook, book_at
from contracts.facts.file import parse_log
from ingest.catalogue import Series
from ingest.summaries.summary import DaySummary

MONTH: Final = date(2026, 10, 1)
STARTS: Final = datetime(2026, 9, 30, tzinfo=UTC)
DAYS: Final = 33

_CONTRACT: Final = (Path(__file__).parent / "truck.yaml").read_text()
_EVIDENCE: Final = """
evidence: 1
contract: truck
known_at: 2026-11-10T00:00:00Z
metrics:
  odometer: {kind: counter, unit: KMT, on_fall: reset, silence_seconds_max: 1800}
  state: {kind: state, states: {running: 1, idle: 2, fault: 3}, silence_seconds_max: 1800}
assignments:
  - {asset: truck-1, device: box-1, serves_from: 2026-09-01T00:00:00Z}
"""
_FACTS: Final = (
    '{{"fact":"visit","recorded_at":"2026-10-01T08:00:00Z","by":"supplier","says":"propose","kind":"planned_work",'
    '"asset":"truck-1","from":"2026-10-{day:02}T08:00:00Z","until":"2026-10-{day:02}T12:00:00Z",'
    '"about":{{"cause":"workshop"}},"succeeds":null,"evidence":"order 17"}}\n'
    '{{"fact":"strike","recorded_at":"2026-10-{day:02}T12:00:00Z","by":"supplier","says":"propose",'
    '"kind":"excusable_event","asset":"truck-1","from":"2026-10-{day:02}T14:00:00Z",'
    '"until":"2026-10-{day:02}T17:00:00Z","about":{{"cause":"strike"}},"succeeds":null,"evidence":null}}\n'
)


class _Summaries(EvidenceSource):
    """A source whose days are summarised beforehand, as they are in the database."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence)
        series = [one for metrics in evidence.catalogue.values() for one in metrics.values()]
        first, last = STARTS.date(), (STARTS + timedelta(days=DAYS)).date()
        self._summaries = super().days(series, first, last)

    def days(self, series: Sequence[Series], first: date, last: date) -> Mapping[int, Sequence[DaySummary]]:
        found = {one.id: self._summaries.get(one.id, ()) for one in series}
        within = {key: [day for day in days if first <= day.day <= last] for key, days in found.items()}
        before = {key: [day for day in days if day.day < first][-1:] for key, days in found.items()}
        return {key: [*before[key], *days] for key, days in within.items()}


class _Truck:
    """What is known of one truck."""

    def __init__(self, number: int, versions: list[Contract], written: EvidenceDocument) -> None:
        self.versions = versions
        catalogue = catalogue_of(written)
        table = ReadingTable(catalogue)
        table.add(_readings(Random(number)), f"readings-{number}.csv")
        facts = parse_log(_FACTS.format(day=5 + number % 20), "facts.jsonl")
        evidence = Evidence(written, catalogue, table.finish(), (), tuple(facts))
        self.source = _Summaries(evidence)
        self.book: FactBook = book_at(facts, self.source.known_at)

    def evaluator(self, month: date, known_at: datetime | None = None) -> Evaluator:
        """The truck's month."""
        return Evaluator(self.versions, self.source, self.book, month)


def _readings(random: Random) -> list[str]:
    """A state and an odometer reading every ten minutes."""
    lines = ["device,metric,measured_at,value"]
    kilometres, state, left = random.randrange(100_000), "running", 0
    for n in range(DAYS * 144):
        at = (STARTS + timedelta(minutes=10 * n)).isoformat().replace("+00:00", "Z")
        if not left:
            state = random.choices(["running", "idle", "fault"], [60, 38, 2])[0]
            left = random.randint(3, 60)
        left -= 1
        kilometres += 11 if state == "running" else 0
        lines += [f"box-1,state,{at},{state}", f"box-1,odometer,{at},{kilometres}"]
    return lines


def run(trucks: int, rounds: int) -> str:
    """Set up, measure, and report with the profile's top ten."""
    _, contract = parse_contract(_CONTRACT, "truck.yaml")
    versions = linked([contract_of(contract)])
    _, written = parse_evidence(_EVIDENCE, "evidence.yaml")
    fleet = [_Truck(n, versions, written) for n in range(trucks)]
    size = len(_state(fleet[0]))
    taken = [_timed(fleet) for _ in range(rounds)]
    each = [trucks / seconds for seconds in taken]
    return "\n".join(
        [
            "Statements of a truck's month: uptime with service hours, two exclusions, distance tiers",
            f"({trucks} trucks, {DAYS * 288:,} readings each as day summaries; median of {rounds}; one process)",
            "",
            f"statements a second         {statistics.median(each):>8,.0f}   ({min(each):,.0f} to {max(each):,.0f})",
            f"a statement's JSON          {size:>8,} bytes",
            "",
            "Top ten by own time:",
            *_profile(fleet),
        ]
    )


def _state(truck: _Truck) -> str:
    return json.dumps(statement(truck, MONTH), ensure_ascii=False, sort_keys=True)


def _timed(fleet: list[_Truck]) -> float:
    start = time.perf_counter()
    for truck in fleet:
        _state(truck)
    return time.perf_counter() - start


def _profile(fleet: list[_Truck]) -> list[str]:
    profile = cProfile.Profile()
    profile.enable()
    _timed(fleet)
    profile.disable()
    found: Any = pstats.Stats(profile)
    rows = sorted(((own, calls, where) for where, (_, calls, own, _, _) in found.stats.items()), reverse=True)
    total = sum(own for own, _, _ in rows)
    return [
        f"{own / total:7.1%}  {calls // len(fleet):>6} calls each  {_named(where)}" for own, calls, where in rows[:10]
    ]


def _named(where: tuple[str, int, str]) -> str:
    file, line, name = where
    parts = Path(file).parts
    return f"{'/'.join(parts[-2:])}:{line} {name}" if line else name
