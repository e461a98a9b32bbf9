"""Kinds of parts: what each is called, in one table, and which measures are shares.

Pure. A part's `kind` is the word in the contract file; these are the words that people read.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, get_args

from contracts.terms import BaseMeasure, DerivedMeasure


class KindName(NamedTuple):
    """`title` stands alone, over a part or in a list; `noun` stands in a sentence."""

    title: str
    noun: str


NAMES: Final[Mapping[str, KindName]] = {
    "availability": KindName("Availability", "availability"),
    "bonus": KindName("Bonus", "bonus"),
    "combination": KindName("Combination of credits", "combination of credits"),
    "correction": KindName("Late knowledge", "correction of earlier months"),
    "counter": KindName("Counter", "counter"),
    "event_sum": KindName("Sum of events", "sum of events"),
    "excusable_event": KindName("Excusable events", "excusable event"),
    "fixed_fee": KindName("Fixed fee", "fixed fee"),
    "gain_share": KindName("Gain share", "gain share"),
    "incident_list": KindName("Incidents", "incident list"),
    "indexation": KindName("Indexation", "indexation"),
    "maximum": KindName("Maximum", "maximum"),
    "minimum": KindName("Minimum", "minimum"),
    "obligation": KindName("Obligation", "obligation"),
    "obligation_consequence": KindName("Consequence", "consequence of an obligation"),
    "operating_envelope": KindName("Operating limits", "operating envelope"),
    "planned_window": KindName("Planned work", "planned work"),
    "product": KindName("Product", "product of shares"),
    "production_availability": KindName("Production availability", "production availability"),
    "ratio": KindName("Ratio", "ratio"),
    "remedy": KindName("Service credit", "remedy"),
    "saving": KindName("Saving", "saving"),
    "share_in_band": KindName("Share of time in a band", "share of time in a band"),
    "streak": KindName("Streak", "right after repeated results"),
    "threshold": KindName("Promise", "promise"),
    "time_in_state": KindName("Time in states", "time in state"),
    "usage_price": KindName("Usage price", "usage price"),
}

# Measures whose value is part of a whole, said in percent, by kind.
SHARES: Final = frozenset(
    get_args(measure.model_fields["kind"].annotation)[0]
    for measure in (*get_args(BaseMeasure), *get_args(DerivedMeasure))
    if measure.is_share
)
