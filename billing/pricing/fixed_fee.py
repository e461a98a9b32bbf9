"""Fixed fees: each month bears its share of the amount; an interval's months are billed together.

Pure. A balance for each subject holds what was billed beyond what the months bore: in arrears it falls until the
interval's last month settles it, in advance it is filled up to what the rest of the interval will bear, as far as is
known. So what was billed and what was borne always meet in the end. Source: docs/terms.md#fixed-fee.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.pricing.service import Service, months_from
from billing.pricing.words import hours, months
from billing.scene import Charge, PriceScene
from contracts.contract import add_months
from contracts.evaluate import ALL_ASSETS
from contracts.terms.prices.fixed_fee import Billed, FeePer, FixedFee, FreeSpan, Proration
from vouch.period import Period, days_between, local_instant, subtract, total_micros


def month_share(
    proration: Proration, free: Sequence[FreeSpan], served: Period, goes_on: bool, month: Period, zone: ZoneInfo
) -> Fraction:
    """How much of a month's fee the service within `served` bears, between 0 and 1.

    `served` lies within `month`. `goes_on` says that there was service just before it. A month that an amendment splits
    is never borne twice: without proration the part that holds the month's first served instant bears all of it, and
    by days a local day belongs to the part that holds its first served instant. Free days are taken out.
    """
    days = days_between(month.start, month.end, zone)
    unpaid = {day for day in days if any(span.from_ <= day < span.until for span in free)}
    match proration:
        case Proration.NONE:
            later = goes_on and served.start > month.start
            return Fraction(0) if later else Fraction(len(days) - len(unpaid), len(days))
        case Proration.DAYS:
            touched = days_between(served.start, served.end, zone)
            if goes_on and local_instant(touched[0], time(), zone) < served.start:
                del touched[0]
            return Fraction(sum(day not in unpaid for day in touched), len(days))
        case Proration.SECONDS:
            paid = subtract([served], [Period.day(day, zone) for day in sorted(unpaid)])
            return Fraction(total_micros(paid), month.micros)


@dataclass(frozen=True, slots=True)
class Interval:
    """So many calendar months, the first and the last by name."""

    first: date
    last: date

    def after(self, month: date) -> tuple[date, ...]:
        """Its months later than `month`."""
        return tuple(add_months(month, n) for n in range(1, months_from(month, self.last) + 1))


def interval_of(month: date, first_month: date, interval_months: int) -> Interval:
    """The interval that holds `month`, counted from `first_month`."""
    start = add_months(month, -(months_from(first_month, month) % interval_months))
    return Interval(start, add_months(start, interval_months - 1))


@dataclass(frozen=True, slots=True)
class FeeBalance:
    """What was billed less what the months bore, exact; `since` is where service begins of which nothing was billed."""

    subject: str
    amount: Fraction
    since: datetime | None


@dataclass(frozen=True, slots=True)
class _Fee:
    """One subject's fee in one part: its service, if any, the price of a month, and how much of it this part bears."""

    term: FixedFee
    scene: PriceScene
    service: Service
    subject: str
    served: Period | None
    price: Fraction
    share: Fraction

    @property
    def interval(self) -> Interval:
        """The interval that holds this month."""
        return interval_of(self.scene.first_of_month, self.scene.contract.first_month, self.term.interval_months)

    @property
    def over(self) -> bool:
        """Whether, as known, nothing is in service after this part."""
        return self.service.is_over(self.subject)

    def borne_by(self, later: Iterable[date]) -> Fraction:
        """What months to come will bear, as far as is known, at the price of this month."""
        months = [(month, month) for month in map(self.scene.contract.month, later)]
        return self._borne(months, goes_on=False)

    def rest_of_month(self) -> Fraction:
        """What is still to come of this month, where it is looked at before it is over."""
        month = self.scene.month
        return self._borne([(month, Period(self.scene.part.end, month.end))], goes_on=True)

    def _borne(self, spans: Iterable[tuple[Period, Period]], goes_on: bool) -> Fraction:
        """What spans of months bear: (month, span)."""
        share = Fraction(0)
        for month, span in () if self.scene.ends else spans:
            served = self.service.within(self.subject, span)
            if served is not None:
                share += _share(self.term, served, goes_on, month, self.scene.contract.zone)
        return share * self.price

    def charge(self, text: str, amount: Fraction, service: Period | None) -> Charge:
        """One line; the fee as a whole is its one unit."""
        unit = "MON" if self.term.interval_months == 1 else "LS"
        quantity = Fraction(-1 if amount < 0 else 1)
        return self.scene.charge(self.term, self.subject, text, quantity, unit, None, amount, service)


def rate_fixed_fee(term: FixedFee, scene: PriceScene) -> Iterable[Charge]:
    """The charges of the statement of this part; what its month bears is accrued in any case.

    In arrears: in the interval's last month, or when the contract or asset leaves. In advance: in the month before the
    interval, the first interval in the first month of contract or asset; once it is known that the months bear
    something else than was billed, the difference is settled.
    """
    balances = {one.subject: one for one in scene.carried(ALL_ASSETS) or ()}
    served = dict(scene.served()) if term.per is FeePer.ASSET else {ALL_ASSETS: scene.part}
    service, price = Service(scene), scene.indexed(term, term.amount) / term.interval_months
    bill = _bill_in_arrears if term.billed is Billed.IN_ARREARS else _bill_in_advance
    left: list[FeeBalance] = []
    for subject in [*served, *(gone for gone in balances if gone not in served)]:
        fee = _fee(term, scene, service, subject, served.get(subject), price)
        scene.accrue(subject, price * fee.share)
        opened = FeeBalance(subject, Fraction(0), fee.served.start if fee.served else None)
        before = balances.get(subject, opened)
        charges, after = bill(fee, replace(before, amount=before.amount - price * fee.share))
        yield from charges
        left += [after] if after is not None else []
    scene.carry(ALL_ASSETS, tuple(left))


def _bill_in_arrears(fee: _Fee, balance: FeeBalance) -> tuple[list[Charge], FeeBalance | None]:
    month, scene = fee.scene.first_of_month, fee.scene
    if month != fee.interval.last and fee.served is not None and not fee.over:
        return [], balance
    borne_before = fee.served is None or (not fee.share and fee.served.start > scene.month.start)
    if not balance.amount and borne_before:
        return [], None
    end = fee.served.end if fee.served else scene.part.start
    since = balance.since or end
    if fee.term.interval_months == 1:
        text = _part_of_month(fee)
    else:
        text = f", {months(max(fee.interval.first, _month_of(since, fee)), month)}"
    return [fee.charge(text, -balance.amount, Period(min(since, end), end))], None


def _bill_in_advance(fee: _Fee, balance: FeeBalance) -> tuple[list[Charge], FeeBalance | None]:
    scene, month, interval = fee.scene, fee.scene.first_of_month, fee.interval
    if not scene.due("month"):
        return [], balance
    charges: list[Charge] = []
    ahead = fee.borne_by(interval.after(month)) + fee.rest_of_month()
    if balance.since is not None:
        service = Period(balance.since, max(scene.part.end, scene.contract.month(interval.last).end))
        charges.append(fee.charge(f", {months(month, interval.last)}", ahead - balance.amount, service))
    elif ahead != balance.amount:
        charges.append(fee.charge(", difference to what was billed in advance", ahead - balance.amount, None))
    if month == interval.last:
        following = interval_of(add_months(month, 1), scene.contract.first_month, fee.term.interval_months)
        planned = fee.borne_by(following.after(month))
        ahead += planned
        if planned:
            service = Period(scene.month.end, scene.contract.month(following.last).end)
            charges.append(fee.charge(f", {months(following.first, following.last)} in advance", planned, service))
    kept = None if fee.over else FeeBalance(fee.subject, ahead, None)
    return charges, kept


def _fee(
    term: FixedFee, scene: PriceScene, service: Service, subject: str, served: Period | None, price: Fraction
) -> _Fee:
    share = Fraction(0)
    if served is not None:
        # Where an asset was in service just before, an earlier version had it.
        goes_on = not scene.begins and served.start == scene.part.start and service.began_before(subject, served.start)
        share = _share(term, served, goes_on, scene.month, scene.contract.zone)
    return _Fee(term, scene, service, subject, served, price, share)


def _share(term: FixedFee, served: Period, goes_on: bool, month: Period, zone: ZoneInfo) -> Fraction:
    return month_share(term.proration, term.free_of_charge, served, goes_on, month, zone)


def _month_of(instant: datetime, fee: _Fee) -> date:
    return instant.astimezone(fee.scene.contract.zone).date().replace(day=1)


def _part_of_month(fee: _Fee) -> str:
    """How much of the month is charged, where it is not all of it."""
    month = fee.scene.month
    if fee.share in (0, 1):
        return "" if fee.share else ", free of charge"
    what = "charged" if fee.term.free_of_charge else "in service"
    if fee.term.proration is Proration.SECONDS:
        return f", {hours(int(fee.share * month.micros))} of {hours(month.micros)} h {what}"
    days = len(days_between(month.start, month.end, fee.scene.contract.zone))
    return f", {int(fee.share * days)} of {days} days {what}"
