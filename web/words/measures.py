"""Measures in sentences.

Pure. Says what the agreed data says and nothing else; docs/terms.md explains the rules behind it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from contracts.terms import (
    Availability,
    Counter,
    EventSum,
    IncidentList,
    Product,
    ProductionAvailability,
    Ratio,
    Saving,
    ShareInBand,
    TimeInState,
)
from contracts.terms.measures.availability import Bucket, Causality, ConstantMinutes, Mode, Shaping
from contracts.terms.measures.counter import Attribution, Estimate, OnFall, Rounding
from contracts.terms.measures.event_sum import Constant, Held, Negative
from contracts.terms.measures.incident_list import FromStates, Gives
from vouch.canonical import plain
from web.formats import number, quantity
from web.words.agreed import (
    acceptance_words,
    band_words,
    hours_words,
    named,
    scope_words,
    seconds_words,
    unit_words,
    unknown_words,
    window_words,
)

_FALLS: Final = {
    OnFall.RESET: "that it started again from zero",
    OnFall.ROLLOVER: "that it went past its highest value and on from zero",
    OnFall.HIGH_WATER: "nothing until the old height is reached again",
    OnFall.REFUSE: "that nothing is counted across it",
    OnFall.SIGNED: "that what was used is given back",
}
_NEGATIVES: Final = {
    Negative.NET: "Negative amounts reduce the sum.",
    Negative.IGNORE: "Negative amounts count as zero.",
    Negative.REFUSE: "Negative amounts count as zero and are reported.",
    Negative.CARRY: "Negative amounts reduce the sum; what is then below zero goes to the next month.",
}
_MODES: Final = {
    Mode.OUT: "is left out of the reckoning",
    Mode.UP: "counts as up",
    Mode.VOID_DOWN: "excuses the down time in it",
    Mode.WHOLE_WINDOW: "leaves the whole window without a judgment",
}
_GIVES: Final = {
    Gives.COUNT: "How many ended",
    Gives.TOTAL_HOURS: "Their hours in all",
    Gives.LONGEST_HOURS: "The hours of the longest",
    Gives.LONGEST_RESPONSE_HOURS: "The hours of the longest response",
}


def _counter(term: Counter) -> list[str]:
    words = [
        f"What the counter “{term.metric}” rose by{unit_words(term.unit)}, in {window_words(term.window)}; "
        f"{scope_words(term.scope)}.",
        f"A fall means {_FALLS[term.on_fall]}"
        + (f" (at {number(term.modulus)})." if term.modulus is not None else ".")
        + (f" Falls of at most {number(term.jitter)} are disregarded." if term.jitter else ""),
    ]
    if not isinstance(term.step_max, str):
        words.append(f"A rise of more than {number(term.step_max)} at once counts when the next reading confirms it.")
    if term.attribution is Attribution.INTERPOLATE:
        words.append("Use between two readings around a boundary is divided by a straight line in time.")
    if isinstance(term.rounding, Rounding):
        mode = term.rounding.mode.replace("_", " ")
        words.append(f"Rounded to whole steps of {quantity(term.rounding.step, term.unit)}, {mode}.")
    if isinstance(term.missing, Estimate):
        words.append(
            f"A month without a reading is estimated: the mean of at most {term.missing.mean_of_months} months before."
        )
    return words


def _event_sum(term: EventSum) -> list[str]:
    match term.of:
        case Constant(constant=constant):
            what = f"{quantity(constant, term.unit)} for each event of “{term.metric}”"
        case Held(mean_over_seconds=seconds):
            what = f"The sum of “{term.metric}”, each value a mean over {seconds_words(seconds)}"
        case _:
            what = f"The sum of “{term.metric}”"
    return [
        f"{what}{unit_words(term.unit)}, in {window_words(term.window)}; {scope_words(term.scope)}.",
        _NEGATIVES[term.negative],
        f"A cancelled event does not count: {acceptance_words(term.acceptance)}.",
    ]


def _time_in_state(term: TimeInState) -> list[str]:
    weighted = [
        f"“{state}”" if weight == 1 else f"“{state}” ({plain(weight)} of it)" for state, weight in term.states.items()
    ]
    return [
        f"Time in {', '.join(weighted)} of the state “{term.metric}”{unit_words(term.unit)}, "
        f"in {window_words(term.window)}; {scope_words(term.scope)}.",
        f"Time counts {hours_words(term.service_hours)}.",
        *unknown_words(term.unknown_rule),
    ]


def _availability(term: Availability) -> list[str]:
    words = [
        f"The share of the time that counts in which an asset was up, in {window_words(term.window)}; "
        f"{scope_words(term.scope)}.",
        f"Time counts {hours_words(term.service_hours)}.",
        _states_words(term),
    ]
    for one in term.exclusions:
        began = ", for outages that began in it" if one.causality is Causality.BEGAN_WITHIN else ""
        words.append(f"What “{one.judge}” grants {_MODES[one.mode]}{began}.")
    words += unknown_words(term.unknown_rule)
    if isinstance(term.shaping, Shaping):
        words.append(_shaping_words(term.shaping))
    if isinstance(term.denominator, ConstantMinutes):
        words.append(f"Down time is held against {number(term.denominator.constant_minutes)} minutes, whatever counts.")
    return words


def _states_words(term: Availability) -> str:
    parts = [
        f"{what} is {named(sorted(states))}"
        for what, states in (
            ("up", term.up),
            ("down", term.down),
            ("unknown", term.unknown),
            ("left out", term.out),
        )
        if states
    ]
    text = "; ".join(parts)
    degraded = [f" “{state}” counts as up by {plain(share * 100)} %." for state, share in term.degraded.items()]
    return f"{text[:1].upper()}{text[1:]} of the state “{term.metric}”.{''.join(degraded)}"


def _shaping_words(shaping: Shaping) -> str:
    text = (
        f"Outages less than {seconds_words(shaping.merge_seconds)} apart are one, "
        f"those shorter than {seconds_words(shaping.minimum_seconds)} none"
    )
    if isinstance(shaping.bucket, Bucket):
        text += f"; down time is counted in steps of {seconds_words(shaping.bucket.seconds)}"
    return text + "."


def _share_in_band(term: ShareInBand) -> list[str]:
    words = [
        f"The share of time in which “{term.metric}” was {band_words(term.low, term.high, term.unit)}, "
        f"in {window_words(term.window)}; {scope_words(term.scope)}.",
        f"Time counts {hours_words(term.service_hours)}.",
    ]
    if term.hysteresis:
        words.append(f"A value that left the band is back once it is inside by {quantity(term.hysteresis, term.unit)}.")
    return words + unknown_words(term.unknown_rule, "value")


def _incident_list(term: IncidentList) -> list[str]:
    source = term.source
    if isinstance(source, FromStates):
        words = [f"Stops: opened by {named(source.open)}, closed by {named(source.closed)} of “{source.metric}”."]
        if source.merge_seconds or source.minimum_seconds:
            words.append(
                f"Stops less than {seconds_words(source.merge_seconds)} apart are one, "
                f"those shorter than {seconds_words(source.minimum_seconds)} none."
            )
    else:
        agreed = acceptance_words(source.acceptance)
        words = [f"Incidents that the parties record, with the cause {named(source.causes)}; {agreed}."]
    words.append(f"{_GIVES[term.value]}, in {window_words(term.window)}; {scope_words(term.scope)}.")
    excused = f", without what {named(term.excused_by)} grants" if term.excused_by else ""
    return [*words, f"Durations count {hours_words(term.service_hours)}{excused}."]


def _production_availability(term: ProductionAvailability) -> list[str]:
    return [
        f"“{term.actual}” of “{term.actual}” and “{term.lost}” together, in {window_words(term.window)}.",
        f"What was lost is an estimate by {term.model_version}.",
    ]


def _saving(term: Saving) -> list[str]:
    base = f"{quantity(term.baseline.constant_per_month, term.unit)} a month"
    base += "".join(f" and {number(d.coefficient)} for each unit of “{d.measure}”" for d in term.baseline.drivers)
    return [
        f"What the baseline says less “{term.actual}”{unit_words(term.unit)}, in {window_words(term.window)}.",
        f"The baseline, {term.baseline.model_version}, is {base}; adjustments are records that both sides accepted.",
    ]


def _ratio(term: Ratio) -> list[str]:
    return [f"{named(term.numerator)} for each unit of {named(term.denominator)}, in {window_words(term.window)}."]


def _product(term: Product) -> list[str]:
    return [f"{' times '.join(f'“{name}”' for name in term.factors)}, in {window_words(term.window)}."]


MEASURES: Final[Mapping[type, Callable[[Any], list[str]]]] = {
    Availability: _availability,
    Counter: _counter,
    EventSum: _event_sum,
    IncidentList: _incident_list,
    Product: _product,
    ProductionAvailability: _production_availability,
    Ratio: _ratio,
    Saving: _saving,
    ShareInBand: _share_in_band,
    TimeInState: _time_in_state,
}
