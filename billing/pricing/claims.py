"""Claims: whether a credit that has to be claimed was claimed in time.

Pure. A claim is the customer's word alone: whether the supplier agrees is not asked. Source: docs/terms.md#combination.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from billing.scene import PriceScene
from contracts.contract import add_months
from contracts.evaluate import ALL_ASSETS
from contracts.facts.book import Fact, FactBook
from contracts.facts.kinds import Claim, FactKind
from contracts.terms.prices.combination import ClaimDays, ClaimMonths
from contracts.terms.side import Side
from vouch.period import Period, local_instant


class ClaimStanding(StrEnum):
    """Claimed in time; not claimed, while there is time; too late."""

    CLAIMED = "claimed"
    PENDING = "claim_pending"
    FORFEITED = "claim_forfeited"


def claim_deadline(month: Period, within: ClaimDays | ClaimMonths, zone: ZoneInfo) -> datetime:
    """The end of the last of so many local days, or calendar months, after the month; a claim is known before it."""
    after = month.end.astimezone(zone).date()
    if isinstance(within, ClaimMonths):
        last = add_months(after, within.within_months)
    else:
        last = after + timedelta(days=within.within_days)
    return local_instant(last, time(), zone)


def first_known_at(fact: Fact, facts: FactBook) -> datetime:
    """When the fact became known, or the first of those that it succeeds: correcting a claim makes it no later."""
    by_id = {one.id: one for one in facts.all()}
    while fact.succeeds is not None:
        fact = by_id[fact.succeeds]
    return fact.proposed_at


def claim_standing(scene: PriceScene, price: str, subject: str, deadline: datetime) -> ClaimStanding:
    """How the claim of a price for this month stands; for one asset a claim for all assets will do."""
    for fact in scene.facts.of(FactKind.CLAIM, None if subject == ALL_ASSETS else subject):
        about = fact.about
        if not isinstance(about, Claim) or fact.proposed_by is not Side.CUSTOMER:
            continue
        meant = about.price == price and about.month == scene.first_of_month
        if meant and first_known_at(fact, scene.facts) < deadline:
            return ClaimStanding.CLAIMED
    return ClaimStanding.PENDING if scene.facts.known_at < deadline else ClaimStanding.FORFEITED
