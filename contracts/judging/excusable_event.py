"""J3 excusable event: the spans for which a side is excused, and those for which it asked in vain.

Pure. Source: docs/terms.md#excusable-event.
"""

from datetime import timedelta

from contracts.facts.kinds import FactKind
from contracts.judging.declared import Agreed, declared
from contracts.scene import JudgedSpan, Scene
from contracts.terms.judges.excusable_event import ExcusableEvent


def judge_excusable_event(term: ExcusableEvent, scene: Scene) -> list[JudgedSpan]:
    """Every excusable event declared for the asset, clipped to the scene's part, in order of its start.

    Events may overlap. One that became known exactly `notice_within_hours` after its start is in time, as is one
    announced before it. Reasons to refuse one: see contracts/judging/declared.py.
    """
    notice = timedelta(hours=term.notice_within_hours)
    agreed = Agreed(
        kind=FactKind.EXCUSABLE_EVENT,
        causes=term.causes,
        declared_by=term.declared_by,
        notice_until=lambda start: start + notice,
        evidence_required=term.evidence_required,
        acceptance=term.acceptance,
    )
    found = declared(agreed, scene, scene.part)
    return [JudgedSpan(one.period, not one.reason, one.reason, one.cause, one.fact.id) for one in found]
