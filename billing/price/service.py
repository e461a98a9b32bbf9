"""Service: when a subject is in service, as far as is known, and how much of a window that is.

Pure. Nothing known to end goes on.
"""

from datetime import date, datetime
from fractions import Fraction
from typing import Final

from billing.scene import PriceScene
from contracts.contract import Contract, add_months
from contracts.terms.window import Months, Window, WindowKind
from vouch.period import Period

# The subject of what is counted for all assets together.
ALL: Final = "*"


def months_from(first: date, second: date) -> int:
    """How many months later the second one is."""
    return (second.year - first.year) * 12 + second.month - first.month


def service_within(contract: Contract, subject: str, window: Period) -> Period | None:
    """When in `window` the subject is in service under this version, as known; `*` is the contract itself."""
    agreed = contract.effective_within(window)
    if agreed is None or subject == ALL:
        return agreed
    spans = (asset.within(agreed) for asset in contract.assets if asset.asset == subject)
    return next((span for span in spans if span is not None), None)


def is_over(scene: PriceScene, subject: str) -> bool:
    """Whether, as known, the subject is no longer in service after this part."""
    ends = _known_ends(scene.contract, subject)
    return scene.ends or not ends or any(end is not None and end <= scene.part.end for end in ends)


def _known_ends(contract: Contract, subject: str) -> list[datetime | None]:
    """The contract's end and the asset's, None for until further notice; nothing where the asset is not covered."""
    if subject == ALL:
        return [contract.effective_until]
    found = [asset.in_service_until for asset in contract.assets if asset.asset == subject]
    return [*found, contract.effective_until] if found else []


def whole_share(scene: PriceScene, window: Window, subject: str) -> Fraction:
    """How much of a window the subject will have been in service for by the window's end, as known: at most 1.

    Of a month, how much of it this part is. Months count the same, each by its own seconds.
    """
    so_far = scene.share_of(window, subject)
    if not isinstance(window, Months) or window.months is None:
        return so_far
    return min(Fraction(1), so_far + months_to_come(scene, window, subject) / window.months)


def months_to_come(scene: PriceScene, window: Window, subject: str) -> Fraction:
    """The service from this part's end to the window's end, in months, as known under this version."""
    if scene.ends:
        return Fraction(0)
    later = [scene.contract.month(add_months(scene.first_of_month, n + 1)) for n in range(_months_left(scene, window))]
    rest = [(Period(scene.part.end, scene.month.end), scene.month), *((month, month) for month in later)]
    shares = (
        Fraction(span.micros, month.micros)
        for to_come, month in rest
        if (span := service_within(scene.contract, subject, to_come)) is not None
    )
    return sum(shares, Fraction(0))


def window_months(window: Window) -> int | None:
    """How many months a window has; None for a contract's whole life."""
    return window.months if isinstance(window, Months) else 1


def _months_left(scene: PriceScene, window: Window) -> int:
    """The months of the window after this one."""
    if not isinstance(window, Months) or window.months is None:
        return 0
    month = scene.first_of_month
    since = months_from(scene.contract.first_month, month)
    number = since if window.kind is WindowKind.CONTRACT else month.year * 12 + month.month - 1
    return window.months - 1 - number % window.months
