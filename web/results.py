"""Results as pages show them: figures in words, time by class, incidents, and facts of a month.

Pure. Reads contents as contracts/content.py writes them, whatever kind of measure or judge they are of.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import chain
from typing import Any, Final

from contracts.contract import Contract
from contracts.evaluate import ALL_ASSETS
from contracts.facts.book import Fact
from contracts.facts.kinds import BaselineAdjustment, Claim, EventCancelled, IndexValue
from contracts.terms import AnyJudge, AnyMeasure, Availability, ShareInBand, Threshold, TimeInState
from contracts.terms.base import Part
from contracts.terms.measures.base import Measure
from vouch.period import Period, intersect, subtract, total_micros, union
from web import pictures

# A result as its canonical content states it.
Content = Mapping[str, Any]

# Unknown time at which vouch itself was not listening: told apart in pictures, and the same to every contract.
NOT_LISTENING: Final = "not_listening"
# So many states of one measure look different; further ones look like the first again.
STATES_APART: Final = 5


def fraction(text: Sequence[str | int] | None) -> Fraction | None:
    """[numerator, denominator] as an exact number."""
    return None if text is None else Fraction(int(text[0]), int(text[1]))


def number_of(content: Content | None) -> Fraction | None:
    """The exact number of a value's content."""
    return None if content is None else fraction(content["fraction"])


@dataclass(frozen=True, slots=True)
class Timeline:
    """One asset's time by class; spans are in order."""

    asset: str
    spans: Sequence[pictures.Span]
    micros: Mapping[str, int]

    @property
    def interruptions(self) -> list[pictures.Span]:
        """Time that was down, degraded, out of the band or unknown."""
        wanted = ("down", "out_of_band", "unknown", NOT_LISTENING)
        return [span for span in self.spans if span[0] in wanted or span[0].startswith("degraded:")]


@dataclass(frozen=True, slots=True)
class Result:
    """One measure's result for one subject, the promises about it, and the invoice line that rests on it."""

    content: Content
    promises: Sequence[tuple[Threshold, Content]]
    timelines: Sequence[Timeline]
    position: int | None = None

    @property
    def subject(self) -> str | None:
        """The asset; None for all assets together."""
        subject: str = self.content["subject"]
        return None if subject == ALL_ASSETS else subject


@dataclass(frozen=True, slots=True)
class Section:
    """A measure and its results."""

    term: AnyMeasure
    results: Sequence[Result]

    @property
    def classes(self) -> list[str]:
        """The classes of time that occur, in the order in which they are explained."""
        return pictures.used_classes(line.spans for one in self.results for line in one.timelines)

    @property
    def promises(self) -> list[Threshold]:
        """The promises about the measure."""
        return list({promise.id: promise for one in self.results for promise, _ in one.promises}.values())

    @property
    def incidents(self) -> list[Content]:
        """All incidents listed."""
        return [incident for one in self.results for incident in one.content.get("incidents", ())]


def sections(
    contract: Contract,
    measures: Iterable[Content],
    judges: Iterable[Content],
    assets: Collection[str],
    positions: Mapping[tuple[str, str], int],
) -> list[Section]:
    """The results by measure, in the contract's order; time by class of these assets only."""
    by_measure: dict[str, list[Result]] = {}
    about = promises_about(contract, judges)
    for content in measures:
        key = content["measure"], content["subject"]
        term = contract.part(content["measure"])
        assert isinstance(term, Measure), "contents of measures are of measures"
        lines = [line for line in timelines(content, term) if line.asset in assets]
        result = Result(content, about.get(key, ()), lines, positions.get(key))
        by_measure.setdefault(content["measure"], []).append(result)
    return [Section(term, by_measure[term.id]) for term in contract.measures if term.id in by_measure]


def told_apart(found: Iterable[Section], gaps: Sequence[Period]) -> list[Section]:
    """The same sections with unknown time that falls into `gaps` named as our own; gaps are in order and apart."""
    return [
        replace(
            section,
            results=[
                replace(one, timelines=[_told_apart(line, gaps) for line in one.timelines]) for one in section.results
            ],
        )
        for section in found
    ]


def gaps_seen(found: Iterable[Section], gaps: Sequence[Period]) -> list[Period]:
    """Those gaps into which some of the unknown time of these sections, told apart, falls."""
    lines = [line for section in found for one in section.results for line in one.timelines]
    ours = union(period for line in lines for name, period in line.spans if name == NOT_LISTENING)
    return [gap for gap in gaps if intersect([gap], ours)]


def _told_apart(line: Timeline, gaps: Sequence[Period]) -> Timeline:
    spans: list[pictures.Span] = []
    ours = 0
    for name, period in line.spans:
        own = intersect([period], gaps) if name == "unknown" else []
        parts = [(NOT_LISTENING, part) for part in own] + [(name, part) for part in subtract([period], own)]
        spans += sorted(parts, key=lambda span: span[1])
        ours += total_micros(own)
    if not ours:
        return line
    micros = dict(line.micros) | {NOT_LISTENING: ours}
    if "unknown" in micros:
        micros["unknown"] -= ours
    return Timeline(line.asset, spans, micros)


def promises_about(
    contract: Contract, judges: Iterable[Content]
) -> dict[tuple[str, str], list[tuple[Threshold, Content]]]:
    """How each promise stands, by the measure and subject that it is about."""
    found: dict[tuple[str, str], list[tuple[Threshold, Content]]] = {}
    for content in judges:
        term = contract.find_part(content["judge"])
        if isinstance(term, Threshold):
            found.setdefault((term.measure, content["subject"]), []).append((term, content))
    return found


def timelines(content: Content, term: Part) -> list[Timeline]:
    """Time by class of each asset that a measure's content knows; none where it does not measure time.

    Classes get names that say what they are wherever they are shown: `out:planned`, `state1:RUNNING`, `in_band`.
    """
    found = []
    for one in content.get("assets", ()):
        if one.get("spans"):
            names = _shown_names(term, [*one.get("micros", {}), *(span[0] for span in one["spans"])])
            spans = [(names[name], period) for name, period in pictures.spans_of(one)]
            found.append(Timeline(one["asset"], spans, {names[name]: n for name, n in one.get("micros", {}).items()}))
    return found


def _shown_names(term: Part, classes: Iterable[str]) -> dict[str, str]:
    names = {name: name for name in classes}
    match term:
        case Availability():
            names |= {one.judge: f"{one.mode}:{one.judge}" for one in term.exclusions}
        case ShareInBand():
            names |= {"in": "in_band", "out": "out_of_band"}
        case TimeInState():
            for n, state in enumerate(term.states):
                names[state if state in names and f"state:{state}" not in names else f"state:{state}"] = (
                    f"state{n % STATES_APART}:{state}"
                )
        case _:
            pass
    return names


def judged_spans(contract: Contract, judges: Iterable[Content]) -> list[tuple[AnyJudge, list[tuple[str, Content]]]]:
    """(asset, span) that each judge of spans granted or refused, in the contract's order; those that saw none left
    out."""
    found: dict[str, list[tuple[str, Content]]] = {}
    for content in judges:
        spans = [(content["subject"], span) for span in content.get("spans", ())]
        if spans:
            found.setdefault(content["judge"], []).extend(spans)
    return [(judge, found[judge.id]) for judge in contract.judges if judge.id in found]


def streaks(contract: Contract, judges: Iterable[Content]) -> list[tuple[AnyJudge, Content]]:
    """Rights that promises missed or kept in a row may have given, in the contract's order."""
    ordered = {judge.id: judge for judge in contract.judges}
    return [(ordered[one["judge"]], one) for one in judges if "arisen" in one and one["judge"] in ordered]


def findings(measures: Iterable[Content]) -> Iterator[Content]:
    """Inferences made on the way, each once, whichever measure made them."""
    seen: list[Content] = []
    for measure in measures:
        of_assets = (asset["findings"] for asset in measure.get("assets", ()))
        for finding in chain(measure.get("findings", ()), *of_assets):
            if finding not in seen:
                seen.append(finding)
                yield finding


def sources(measures: Iterable[Content]) -> list[Content]:
    """The streams that measures rest on, each once; of one stream, that with the most days."""
    found: dict[tuple[str, ...], Content] = {}
    for measure in measures:
        for asset in measure.get("assets", ()):
            for source in asset["sources"]:
                key = tuple(source[name] for name in ("asset", "device", "metric", "from"))
                if key not in found or len(source["days"]) > len(found[key]["days"]):
                    found[key] = source
    return list(found.values())


def touches(fact: Fact, month: date, period: Period) -> bool:
    """Whether a fact is about some of the month: by its span or instant, or by the month that it names."""
    about = fact.about
    if isinstance(about, Claim | BaselineAdjustment | IndexValue):
        return about.month == month
    at: datetime | None = about.measured_at if isinstance(about, EventCancelled) else fact.at
    if at is not None:
        return period.start <= at < period.end
    return fact.within(period) is not None
