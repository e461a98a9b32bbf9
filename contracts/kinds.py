"""Which function goes with which kind of part.

Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from contracts.judging.excusable_event import judge_excusable_event
from contracts.judging.obligation import judge_obligation
from contracts.judging.operating_envelope import judge_operating_envelope, operating_envelope_needs
from contracts.judging.planned_window import judge_planned_window
from contracts.measuring.availability import availability_needs, measure_availability
from contracts.measuring.counter import counter_needs, measure_counter
from contracts.measuring.derived import Derived
from contracts.measuring.event_sum import event_sum_needs, measure_event_sum
from contracts.measuring.incident_list import incident_list_needs, measure_incident_list
from contracts.measuring.product import product
from contracts.measuring.production_availability import production_availability
from contracts.measuring.ratio import ratio
from contracts.measuring.share_in_band import measure_share_in_band, share_in_band_needs
from contracts.measuring.time_in_state import measure_time_in_state, time_in_state_needs
from contracts.scene import JudgedSpan, Measured, Scene
from contracts.streams.stream import Need
from contracts.terms import (
    Availability,
    Counter,
    EventSum,
    ExcusableEvent,
    IncidentList,
    Obligation,
    OperatingEnvelope,
    PlannedWindow,
    Product,
    ProductionAvailability,
    Ratio,
    ShareInBand,
    TimeInState,
)
from contracts.value import Value

NEEDS: Final[Mapping[type, Callable[[Any, str], list[Need]]]] = {
    Availability: availability_needs,
    Counter: counter_needs,
    EventSum: event_sum_needs,
    IncidentList: incident_list_needs,
    OperatingEnvelope: operating_envelope_needs,
    ShareInBand: share_in_band_needs,
    TimeInState: time_in_state_needs,
}
MEASURE: Final[Mapping[type, Callable[[Any, Scene], Measured]]] = {
    Availability: measure_availability,
    Counter: measure_counter,
    EventSum: measure_event_sum,
    IncidentList: measure_incident_list,
    ShareInBand: measure_share_in_band,
    TimeInState: measure_time_in_state,
}
# A saving needs months and records as well; evaluate.py gives them.
DERIVE: Final[Mapping[type, Callable[[Any, dict[str, Value]], Derived]]] = {
    Product: product,
    ProductionAvailability: production_availability,
    Ratio: ratio,
}
JUDGE: Final[Mapping[type, Callable[[Any, Scene], Sequence[JudgedSpan]]]] = {
    ExcusableEvent: judge_excusable_event,
    Obligation: judge_obligation,
    OperatingEnvelope: judge_operating_envelope,
    PlannedWindow: judge_planned_window,
}
