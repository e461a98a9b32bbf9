"""Remedies: what a missed promise, or a stop that took too long, is worth to the customer.

Pure. What was promised and how far it was missed comes from the judge. Source: docs/terms.md#remedy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final, assert_never

from billing.pricing.standing import base_of, base_words, percent_words, points, promise_of, standing_words
from billing.scene import Charge, PriceScene
from contracts.scene import Incident
from contracts.terms.base import Percent
from contracts.terms.judges.threshold import Threshold
from contracts.terms.prices.remedy import (
    FlatAmount,
    Ladder,
    PerIncident,
    PerPoint,
    PerTime,
    Proportion,
    Remedy,
)
from contracts.value import Judgment, Verdict, cut
from vouch.canonical import plain
from vouch.period import iso

_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
_NONE: Final = Fraction(0)

PercentForm = Ladder | PerPoint | Proportion
IncidentForm = PerTime | PerIncident


def ladder_percent(share: Fraction, ladder: Ladder) -> Fraction:
    """Percent of the base that a share of one earns back: of the tiers that it is strictly below, the highest."""
    return max((Fraction(tier.percent) for tier in ladder.tiers if share * 100 < Fraction(tier.below)), default=_NONE)


def point_percent(shortfall: Fraction, form: PerPoint) -> Fraction:
    """Percent of the base for a shortfall in points: for each started step, or in proportion; 0 for none at all."""
    steps = max(shortfall, _NONE) / Fraction(form.points)
    return Fraction(form.percent) * (ceil(steps) if form.form == "per_started_point" else steps)


def ratio_percent(promised: Fraction, measured: Fraction, upwards: bool) -> Fraction | None:
    """100 × (promised / measured - 1), at least 0; for a promise of at most so much 100 × (measured / promised - 1).

    None where what is divided by is not above zero: then nothing was achieved at all, and the cap is owed.
    """
    large, small = (promised, measured) if upwards else (measured, promised)
    return max((large / small - 1) * 100, _NONE) if small > 0 else None


def capped(percent: Fraction | None, cap: Percent | str) -> Fraction:
    """A percentage under its cap; the cap itself where there is no percentage. A cap of `none` is none."""
    if isinstance(cap, str):
        assert percent is not None, "a form that may have no percentage has a cap"
        return percent
    return Fraction(cap) if percent is None else min(percent, Fraction(cap))


def credit_percent(form: PercentForm, promise: Threshold, judgment: Judgment) -> Fraction:
    """Percent of the base that is owed back for a judgment, cap included; 0 unless the promise was missed."""
    number, beyond = judgment.value.number, judgment.beyond
    if judgment.verdict is not Verdict.MISSED or number is None or beyond is None:
        return _NONE
    match form:
        case Ladder():
            percent: Fraction | None = ladder_percent(number, form)
        case PerPoint():
            percent = point_percent(points(promise, -beyond), form)
        case Proportion():
            percent = ratio_percent(judgment.target, number, promise.comparison.upwards)
        case _:
            assert_never(form)
    return capped(percent, form.cap_percent)


@dataclass(frozen=True, slots=True)
class IncidentCredit:
    """What one incident earns: `units` of `unit` (hours, days or incidents) beyond what was free, and their worth.

    `micros` is the time that was compared; `at_cap` says that the worth was cut to the cap.
    """

    units: Fraction
    unit: str
    worth: Fraction
    micros: int
    at_cap: bool = False


def incident_credit(form: IncidentForm, incident: Incident) -> IncidentCredit:
    """What an incident that has ended earns; 0 units where it took no longer than agreed.

    Where nobody responded to it before it ended, its response took as long as itself.
    """
    if isinstance(form, PerIncident):
        waited = incident.response_micros if form.limit_of == "response" else None
        micros = incident.micros if waited is None else waited
        late = Fraction(micros > form.over_hours * _HOUR)
        return IncidentCredit(late, "C62", late * Fraction(form.amount), micros)
    beyond = max(incident.micros - Fraction(form.free_hours) * _HOUR, _NONE)
    hourly = form.form == "per_hour"
    units = beyond / _HOUR if hourly else Fraction(ceil(beyond / _DAY))
    worth = units * Fraction(form.amount)
    over = not isinstance(form.cap_amount, str) and worth > form.cap_amount
    if over:
        worth = Fraction(form.cap_amount)
    return IncidentCredit(units, "HUR" if hourly else "DAY", worth, incident.micros, over)


def rate_remedy(term: Remedy, scene: PriceScene) -> Iterable[Charge]:
    """Credits of the part, one subject after another; lines of 0 where nothing is owed, none where nothing is due."""
    form = term.credit
    for subject in scene.subjects(term.of):
        if isinstance(form, PerTime | PerIncident):
            yield from _rate_incidents(term, form, scene, subject)
        else:
            yield from _rate_promise(term, form, scene, subject)


def _rate_promise(term: Remedy, form: PercentForm | FlatAmount, scene: PriceScene, subject: str) -> Iterator[Charge]:
    judgment = scene.judgment(term.of, subject)
    if judgment.verdict is Verdict.NOT_DUE:
        return
    promise, measure = promise_of(scene, term.of)
    standing = f": {standing_words(promise, measure, judgment)}"
    if judgment.verdict is not Verdict.MISSED:
        known = judgment.verdict is Verdict.MET
        yield scene.charge(term, subject, standing + ("" if known else ", nothing owed"), _NONE, "C62", None, _NONE)
    elif isinstance(form, FlatAmount):
        amount = Fraction(form.amount)
        yield scene.charge(term, subject, f"{standing}, credit", Fraction(-1), "C62", amount, -amount)
    else:
        percent = credit_percent(form, promise, judgment)
        amount = percent / 100 * base_of(scene, form.base, subject, measure)
        standing += f", credit {percent_words(percent)} of {base_words(scene, form.base)}" if percent else ", no credit"
        yield scene.charge(term, subject, standing, Fraction(-1 if amount else 0), "C62", None, -amount)


def _rate_incidents(term: Remedy, form: IncidentForm, scene: PriceScene, subject: str) -> Iterator[Charge]:
    ended = [incident for incident in scene.incidents(term.of, subject) if incident.closed_at]
    late = [(incident, credit) for incident in ended if (credit := incident_credit(form, incident)).units]
    if not late:
        text = f": {_none_late(form, ended)}"
        yield scene.charge(term, subject, text, _NONE, "C62", None, _NONE)
    for incident, credit in late:
        if isinstance(form, PerIncident) and form.limit_of == "response" and incident.response_micros is None:
            text = f"nobody responded to the incident of {iso(incident.opened_at)} before it ended"
            scene.find("no_response", subject, text, asset=incident.asset, opened_at=iso(incident.opened_at))
        text = f": {_late(form, incident, credit, subject)}"
        price = None if credit.at_cap else Fraction(form.amount)
        units = Fraction(1) if credit.at_cap else credit.units
        unit = "C62" if credit.at_cap else credit.unit
        yield scene.charge(term, subject, text, -units, unit, price, -credit.worth)


def _none_late(form: IncidentForm, ended: Sequence[Incident]) -> str:
    if not ended:
        return "no incident ended"
    count = "1 incident" if len(ended) == 1 else f"{len(ended)} incidents"
    return f"{count} ended, none took longer than {_limit(form)}"


def _late(form: IncidentForm, incident: Incident, credit: IncidentCredit, subject: str) -> str:
    whose = "" if incident.asset == subject else f" of {incident.asset}"
    took = plain(-cut(-Fraction(credit.micros, _HOUR), 4))
    what = "response" if isinstance(form, PerIncident) and form.limit_of == "response" else "incident"
    text = f"{what}{whose}, opened {iso(incident.opened_at)}, took {took} h, longer than {_limit(form)}"
    return f"{text}, credit at its cap" if credit.at_cap else f"{text}, credit"


def _limit(form: IncidentForm) -> str:
    return f"{plain(form.over_hours if isinstance(form, PerIncident) else form.free_hours)} h"
