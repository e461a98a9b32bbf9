"""Evaluation: what each part of a contract came to, month by month, each from what lies before it.

Pure. The same contract, records and streams give the same results. Measures first, then judges; amounts of money are
billing's business. Nothing is computed unless it is asked for, and nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from typing import Any, Final

from contracts.contract import Contract
from contracts.crossing import first_crossing
from contracts.facts.book import FactBook
from contracts.judging.streak import judge_streak
from contracts.judging.threshold import judge_threshold
from contracts.kinds import DERIVE, JUDGE, MEASURE, NEEDS
from contracts.measuring.derived import Derived
from contracts.measuring.estimate import estimated
from contracts.measuring.saving import baseline_adjustments, saving
from contracts.measuring.total import added, share_or_amount
from contracts.months import MonthPart, Reach, month_parts, reach
from contracts.scene import JudgedSpan, Measured, Scene
from contracts.streams.source import Source, load_streams
from contracts.streams.stream import Need, Stream, Streams
from contracts.terms import (
    BaseMeasure,
    Counter,
    DerivedMeasure,
    Obligation,
    Saving,
    Streak,
    Threshold,
)
from contracts.terms.base import Part, Scope, TimeScope
from contracts.terms.judges.obligation import EveryQuantity
from contracts.terms.measures.base import Measure
from contracts.terms.window import Months, Partial, Window, WindowKind
from contracts.value import Judgment, Right, State, Value
from vouch.exact import exact
from vouch.period import Period

# The subject of what is counted for all assets together.
ALL_ASSETS: Final = "*"


def needs(contract: Contract, window: Period) -> list[Need]:
    """Everything the contract's measures and judges have to see over `window`."""
    assets = [covered.asset for covered in contract.assets if covered.within(window)]
    wanted = [NEEDS[type(part)] for part in _seeing(contract)]
    found = [
        need for find, part in zip(wanted, _seeing(contract), strict=True) for a in assets for need in find(part, a)
    ]
    for judge in contract.judges:
        if isinstance(judge, Obligation) and isinstance(judge.due, EveryQuantity):
            counter = contract.part(judge.due.measure)
            assert isinstance(counter, Counter), "a due quantity is shown by a counter"
            found += [Need(asset, counter.metric, raw=True) for asset in assets]
    return found


def _seeing(contract: Contract) -> list[Part]:
    return [part for part in (*contract.measures, *contract.judges) if type(part) in NEEDS]


class Evaluator:
    """A contract's months up to `last`, as `source` and `facts` knew them.

    With `until`, the last month is what it has come to by then. Only the last month is gone through where no part of
    any version depends on earlier ones.
    """

    def __init__(
        self,
        versions: Sequence[Contract],
        source: Source,
        facts: FactBook,
        last: date,
        until: datetime | None = None,
    ) -> None:
        self.source, self.facts = source, facts
        self.known_at = source.known_at
        first = min(version.first_month for version in versions)
        if not any(version.chained for version in versions):
            first = max(first, last)
        self.parts: list[MonthPart] = month_parts(versions, first, last, until) if first <= last else []
        self._served: dict[int, list[tuple[str, Period]]] = {}
        self._streams: dict[int, Streams] = {}
        self._measured: dict[tuple[int, str, str], Measured | None] = {}
        self._values: dict[tuple[Any, ...], Value] = {}
        self._judged: dict[tuple[int, str, str], Sequence[JudgedSpan]] = {}

    def served(self, index: int) -> list[tuple[str, Period]]:
        """The assets in service in a part, each with its share of it."""
        if index not in self._served:
            part = self.parts[index]
            found = ((covered.asset, covered.within(part.period)) for covered in part.contract.assets)
            self._served[index] = [(asset, within) for asset, within in found if within]
        return self._served[index]

    def served_for(self, index: int, subject: str) -> list[tuple[str, Period]]:
        """As `served`, for one asset, or `*` for all of them."""
        if subject == ALL_ASSETS:
            return self.served(index)
        within = self.parts[index].contract.served(subject, self.parts[index].period)
        return [(subject, within)] if within else []

    def subjects(self, index: int, name: str) -> list[str]:
        """For whom a measure, judge or price of a part speaks: its assets in service, or `*`."""
        served = self.served(index)
        if self.parts[index].contract.scopes[name] is Scope.ASSET:
            return [asset for asset, _ in served]
        return [ALL_ASSETS] if served else []

    def value(self, index: int, name: str, subject: str, window: Window | None = None) -> Value:
        """A measure over its window, or over `window` in its place, which ends with the part."""
        key = (index, name, subject, window if isinstance(window, str | None) else window.model_dump_json())
        if key not in self._values:
            with exact():
                self._values[key] = self._value(index, name, subject, window)
        return self._values[key]

    def judgment(self, index: int, name: str, subject: str) -> Judgment:
        """How a promise stands at the end of its measure's window."""
        term = self.parts[index].contract.part(name)
        assert isinstance(term, Threshold), "a promise is a threshold"
        return judge_threshold(term, self.value(index, term.measure, subject))

    def right(self, index: int, name: str, subject: str) -> Right:
        """Whether a streak has given a right by the end of a part."""
        term = self.parts[index].contract.part(name)
        assert isinstance(term, Streak), "a right comes from a streak"
        past = [n for n in range(index + 1) if subject in self._subjects_if_any(n, term.judge)]
        return judge_streak(
            term, [(self.parts[n].first.strftime("%Y-%m"), self.judgment(n, term.judge, subject)) for n in past]
        )

    def judged(self, index: int, name: str, asset: str) -> Sequence[JudgedSpan]:
        """What a judge of spans says of one asset's part."""
        key = (index, name, asset)
        if key not in self._judged:
            term = self.parts[index].contract.part(name)
            scene = self._scene(index, asset, None)
            with exact():
                self._judged[key] = JUDGE[type(term)](term, scene) if scene else ()
        return self._judged[key]

    def measured(self, index: int, name: str, asset: str) -> Measured | None:
        """What a measure made of one asset's part; None where the asset was not in service or the version has no such
        measure. With its evidence."""
        key = (index, name, asset)
        if key not in self._measured:
            with exact():
                self._measured[key] = self._measure(index, name, asset)
        return self._measured[key]

    def scene(self, index: int, name: str, asset: str) -> Scene | None:
        """What a measure looks at for one asset's part; None where the asset was not in service."""
        term = self.parts[index].contract.part(name)
        return self._scene(index, asset, self._earlier(index, name, asset) if term.chained else None)

    def streams(self, index: int) -> Streams:
        """What the part's measures have to see."""
        if index not in self._streams:
            part = self.parts[index]
            wanted = needs(part.contract, part.period)
            self._streams[index] = load_streams(self.source, part.contract.assets, part.period, wanted)
        return self._streams[index]

    def reach(self, index: int, window: Window) -> Reach:
        """What of a window lies behind a part."""
        return reach(self.parts, index, window)

    def _subjects_if_any(self, index: int, name: str) -> list[str]:
        return self.subjects(index, name) if self.parts[index].contract.find_part(name) else []

    def _measure(self, index: int, name: str, asset: str) -> Measured | None:
        term = self.parts[index].contract.find_part(name)
        if term is None or type(term) not in MEASURE:
            return None
        earlier = self._earlier(index, name, asset) if term.chained else None
        scene = self._scene(index, asset, earlier)
        if scene is None:
            return None
        found = MEASURE[type(term)](term, scene)
        if found.missing and isinstance(term, Counter):
            before = (self.measured(n, name, asset) for n in range(index - 1, -1, -1))
            return estimated(term, found, (one for one in before if one is not None))
        return found

    def _earlier(self, index: int, name: str, asset: str) -> Measured | None:
        # From the front, so that a long chain does not go as deep as it is long.
        for n in range(index):
            found = self.measured(n, name, asset)
        return found if index else None

    def _scene(self, index: int, asset: str, earlier: Measured | None) -> Scene | None:
        part = self.parts[index]
        served = part.contract.served(asset, part.period)
        if served is None:
            return None
        begins = max(part.contract.served_from(asset), part.contract.begins_at)
        streams = self._streams_of(index, asset)
        return Scene(
            asset=asset,
            part=served,
            window=part.period,
            month=part.month,
            covered=Period(min(begins, served.start), served.end),
            zone=part.contract.zone,
            known_at=self.known_at,
            facts=self.facts,
            streams=streams,
            granted=partial(self._granted, index, asset),
            earlier=earlier,
            crossing=partial(self._crossing, index, asset),
        )

    def _streams_of(self, index: int, asset: str) -> Mapping[str, Sequence[Stream]]:
        return _ByMetric(self.streams(index), asset)

    def _granted(self, index: int, asset: str, name: str) -> list[Period]:
        return [span.period for span in self.judged(index, name, asset) if span.granted]

    def _crossing(self, index: int, asset: str, name: str, since: datetime, quantity: Fraction) -> datetime | None:
        term = self.parts[index].contract.part(name)
        assert isinstance(term, Counter), "a due quantity is shown by a counter"
        streams = [one for n in range(index + 1) for one in self.streams(n).get((asset, term.metric), ())]
        scene = self._scene(index, asset, None)
        assert scene is not None, "an asset that is judged is in service"
        return first_crossing(term, scene, streams, since, quantity)

    def _value(self, index: int, name: str, subject: str, window: Window | None) -> Value:
        term = self.parts[index].contract.part(name)
        assert isinstance(term, Measure), "a value is a measure's"
        over = term.window if window is None else window
        within = self.reach(index, over)
        if isinstance(term, DerivedMeasure):
            return self._derived(index, term, subject, over, within)
        assert isinstance(term, BaseMeasure), "a measure is taken from streams or made of others"
        return self._base(index, term, subject, over, within)

    def _base(self, index: int, term: BaseMeasure, subject: str, over: Window, within: Reach) -> Value:
        by_asset = self._by_asset(index, term.id, subject, within)
        period = Period(self.parts[within.first].period.start, self.parts[index].period.end)
        if not by_asset:
            return Value(State.UNDEFINED, None, term.value_unit, period)
        total = added([one for parts in by_asset.values() for one in parts])
        if term.scope is TimeScope.MEAN:
            each = [share_or_amount(term, added(parts), 1) for parts in by_asset.values()]
            state, above, below = _mean(each)
        else:
            state, above, below = share_or_amount(term, total, len(by_asset))
        findings = tuple(f for parts in by_asset.values() for one in parts[-1:] for f in one.basis.findings)
        value = _value_of(state, above, below, term.value_unit, period, over, within)
        return _with_total(value, total, findings)

    def _derived(self, index: int, term: DerivedMeasure, subject: str, over: Window, within: Reach) -> Value:
        values = {ref.id: self.value(index, ref.id, subject, over) for ref in term.refs()}
        parts = self.parts[within.first : index + 1]
        period = Period(parts[0].period.start, parts[-1].period.end)
        findings: list[dict[str, Any]] = []
        if isinstance(term, Saving):
            found, findings = self._saving(term, values, parts, subject)
        else:
            found = DERIVE[type(term)](term, values)
        unit, worst = term.value_unit, _worst(values.values())
        if found.amount is None or (found.base is not None and not found.base):
            state = worst if worst is not State.DEFINED else State.UNDEFINED
            value = _value_of(state, None, None, unit, period, over, within)
        else:
            value = _value_of(State.DEFINED, found.amount, found.base, unit, period, over, within)
        return replace(value, findings=tuple(findings))

    def _saving(
        self, term: Saving, values: dict[str, Value], parts: Sequence[MonthPart], subject: str
    ) -> tuple[Derived, list[dict[str, Any]]]:
        months = Fraction(0)
        for part in parts:
            served = part.period if subject == ALL_ASSETS else part.contract.served(subject, part.period)
            months += Fraction(served.micros, part.month.micros) if served else 0
        asset = None if subject == ALL_ASSETS else subject
        adjusted, findings = baseline_adjustments(term, self.facts, asset, sorted({part.first for part in parts}))
        return saving(term, values, months, adjusted), findings

    def _by_asset(self, index: int, name: str, subject: str, within: Reach) -> dict[str, list[Measured]]:
        """The parts of a window, by asset in the order in which contracts list them."""
        found: dict[str, list[Measured]] = {}
        for n in range(within.first, index + 1):
            for asset in [subject] if subject != ALL_ASSETS else [asset for asset, _ in self.served(n)]:
                one = self.measured(n, name, asset)
                if one is not None:
                    found.setdefault(asset, []).append(one)
        return found


class _ByMetric(Mapping[str, Sequence[Stream]]):
    """One asset's streams by metric, looked up and not copied."""

    def __init__(self, streams: Streams, asset: str) -> None:
        self._streams, self._asset = streams, asset

    def __getitem__(self, metric: str) -> Sequence[Stream]:
        return self._streams[self._asset, metric]

    def __iter__(self) -> Any:
        return (metric for asset, metric in self._streams if asset == self._asset)

    def __len__(self) -> int:
        return sum(asset == self._asset for asset, _ in self._streams)


def _mean(
    each: Iterable[tuple[State, Fraction | None, Fraction | None]],
) -> tuple[State, Fraction | None, Fraction | None]:
    """The mean of the shares that are defined."""
    shares = [above / below for _, above, below in each if above is not None and below]
    if not shares:
        return State.UNDEFINED, None, None
    return State.DEFINED, sum(shares, Fraction(0)), Fraction(len(shares))


def _worst(values: Iterable[Value]) -> State:
    states = {value.state for value in values}
    return next((s for s in (State.UNDEFINED, State.INSUFFICIENT, State.NOT_DUE) if s in states), State.DEFINED)


def _value_of(
    state: State,
    above: Fraction | None,
    below: Fraction | None,
    unit: str,
    period: Period,
    over: Window,
    within: Reach,
) -> Value:
    """A value from its two sides: one that is not due has a number so far only."""
    number = None if above is None else above if below is None else above / below
    waiting = isinstance(over, Months) and over.partial is Partial.WAIT and not within.complete
    if not within.due or (waiting and isinstance(over, Months) and over.kind is WindowKind.ROLLING):
        return Value(State.NOT_DUE, None, unit, period, above, below, so_far=number)
    if waiting:
        return Value(State.UNDEFINED, None, unit, period, above, below, so_far=number)
    return Value(state, number, unit, period, above, below)


def _with_total(value: Value, total: Measured, findings: tuple[dict[str, Any], ...]) -> Value:
    return Value(
        value.state,
        value.number,
        value.unit,
        value.window,
        value.numerator,
        value.denominator,
        value.so_far,
        total.micros,
        total.known,
        total.total,
        total.incidents,
        findings,
    )
