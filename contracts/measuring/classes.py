"""Classes: every instant of a part in exactly one, by what is known, service hours, and records of gaps.

Pure. An availability has exclusions in between. Source: docs/terms.md#unknown-data.
"""

from collections.abc import Mapping
from typing import Any, Final

from contracts.calendar import service_periods
from contracts.facts.kinds import FactKind, GapCause, GapClass
from contracts.scene import Scene
from contracts.terms.service_hours import WeeklyHours, weekly_spans
from contracts.terms.unknown import UnknownAs, UnknownRule
from vouch.period import Period, intersect, subtract, total_micros, union

OUTSIDE: Final = "outside"
UNKNOWN: Final = "unknown"
ATTRIBUTED: Final = {
    GapClass.UP: "attributed_up",
    GapClass.DOWN: "attributed_down",
    GapClass.EXCLUDE: "attributed_out",
}

# Lists of periods by class, in order; no two share an instant.
Classes = dict[str, list[Period]]


def classified(
    scene: Scene, hours: str | WeeklyHours, rule: UnknownRule, known: Mapping[str, list[Period]]
) -> tuple[Classes, list[dict[str, Any]]]:
    """The scene's part divided: outside service hours, the classes that are known, and the rest unknown, of which what
    accepted records of gaps attribute is in classes of its own. With the findings of those records.
    """
    service = service_periods(weekly_spans("always" if isinstance(hours, str) else hours), scene.part, scene.zone)
    classes: Classes = {OUTSIDE: subtract([scene.part], service)}
    classes |= {name: intersect(periods, service) for name, periods in known.items() if name != UNKNOWN}
    told = union(period for name, periods in classes.items() if name != OUTSIDE for period in periods)
    classes[UNKNOWN] = subtract(service, told)
    return classes, attribute(scene, rule, classes)


def micros_of(classes: Classes) -> dict[str, int]:
    """Microseconds by class."""
    return {name: total_micros(periods) for name, periods in classes.items()}


def spans_of(classes: Classes) -> list[tuple[str, Period, tuple[str, ...]]]:
    """All spans in time order, as evidence has them."""
    return sorted(((name, one, ()) for name, several in classes.items() for one in several), key=lambda span: span[1])


def unknown_as(rule: UnknownRule) -> UnknownAs:
    """What unknown time counts as that no record attributes."""
    return rule.otherwise or rule.then


def attribute(scene: Scene, rule: UnknownRule, classes: Classes) -> list[dict[str, Any]]:
    """Move unknown time with an accepted record of its cause into classes of its own, and find each record.

    Where two of them overlap, the earlier one decides.
    """
    if rule.then is not UnknownAs.ATTRIBUTE or not classes.get(UNKNOWN):
        return []
    assert rule.acceptance is not None, "a rule that attributes says what has to be accepted"
    findings: list[dict[str, Any]] = []
    for fact, standing in scene.facts.standings(FactKind.GAP_CAUSE, scene.asset, rule.acceptance):
        within = fact.within(scene.part)
        mine = intersect(classes[UNKNOWN], [within]) if within else []
        if not mine:
            continue
        assert isinstance(fact.about, GapCause)
        finding = {"asset": scene.asset, "fact": fact.id, "cause": fact.about.cause, "micros": total_micros(mine)}
        if not standing.accepted:
            text = f"a record of this gap's cause that is {standing.state}: not counted"
            findings.append({"kind": "gap_cause_not_counted", "text": text} | finding)
            continue
        name = ATTRIBUTED[fact.about.counts_as]
        classes[name] = union([*classes.get(name, []), *mine])
        classes[UNKNOWN] = subtract(classes[UNKNOWN], mine)
        text = f"a gap whose cause is on record: counts as {fact.about.counts_as}"
        findings.append({"kind": "gap_attributed", "text": text} | finding)
    return findings
