"""What is agreed: measures, judges and prices, one file each. Nothing is computed here.

Pure.
"""

from typing import Annotated

from pydantic import Field

from contracts.terms.judges.excusable_event import ExcusableEvent
from contracts.terms.judges.obligation import Obligation
from contracts.terms.judges.operating_envelope import OperatingEnvelope
from contracts.terms.judges.planned_window import PlannedWindow
from contracts.terms.judges.streak import Streak
from contracts.terms.judges.threshold import Threshold
from contracts.terms.measures.availability import Availability
from contracts.terms.measures.counter import Counter
from contracts.terms.measures.event_sum import EventSum
from contracts.terms.measures.incident_list import IncidentList
from contracts.terms.measures.product import Product
from contracts.terms.measures.production_availability import ProductionAvailability
from contracts.terms.measures.ratio import Ratio
from contracts.terms.measures.saving import Saving
from contracts.terms.measures.share_in_band import ShareInBand
from contracts.terms.measures.time_in_state import TimeInState
from contracts.terms.prices.bonus import Bonus
from contracts.terms.prices.combination import Combination
from contracts.terms.prices.correction import Correction
from contracts.terms.prices.fixed_fee import FixedFee
from contracts.terms.prices.gain_share import GainShare
from contracts.terms.prices.indexation import Indexation
from contracts.terms.prices.maximum import Maximum
from contracts.terms.prices.minimum import Minimum
from contracts.terms.prices.obligation_consequence import ObligationConsequence
from contracts.terms.prices.remedy import Remedy
from contracts.terms.prices.usage_price import UsagePrice

BaseMeasure = Counter | EventSum | TimeInState | Availability | ShareInBand | IncidentList
DerivedMeasure = ProductionAvailability | Saving | Ratio | Product
SpanJudge = Obligation | ExcusableEvent | PlannedWindow | OperatingEnvelope
# Prices that make lines; the other two change how lines are made.
LinePrice = FixedFee | UsagePrice | Minimum | Maximum | Remedy | Bonus | GainShare | ObligationConsequence | Combination
AnyMeasure = Annotated[BaseMeasure | DerivedMeasure, Field(discriminator="kind")]
AnyJudge = Annotated[SpanJudge | Threshold | Streak, Field(discriminator="kind")]
AnyPrice = Annotated[LinePrice | Indexation | Correction, Field(discriminator="kind")]

__all__ = [
    "AnyJudge",
    "AnyMeasure",
    "AnyPrice",
    "Availability",
    "BaseMeasure",
    "Bonus",
    "Combination",
    "Correction",
    "Counter",
    "DerivedMeasure",
    "EventSum",
    "ExcusableEvent",
    "FixedFee",
    "GainShare",
    "IncidentList",
    "Indexation",
    "LinePrice",
    "Maximum",
    "Minimum",
    "Obligation",
    "ObligationConsequence",
    "OperatingEnvelope",
    "PlannedWindow",
    "Product",
    "ProductionAvailability",
    "Ratio",
    "Remedy",
    "Saving",
    "ShareInBand",
    "SpanJudge",
    "Streak",
    "Threshold",
    "TimeInState",
    "UsagePrice",
]
