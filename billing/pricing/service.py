"""Service: when a subject is in service, as far as is known, and how much of a window that is.

Pure. Nothing known to end goes on.
"""

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from billing.scene import PriceScene
from contracts.contract import add_months
from contracts.evaluate import ALL_ASSETS
from contracts.terms.window import Months, Window, WindowKind
from vouch.period import Period


def months_from(first: date, second: date) -> int:
    """How many months later the second one is."""
    return (second.year - first.year) * 12 + second.month - first.month


class Service:
    """The service of a scene's assets, and of the contract itself (`*`), as its version knows them."""

    def __init__(self, scene: PriceScene) -> None:
        self._scene = scene
        self._assets = {covered.asset: covered for covered in scene.contract.assets}

    def within(self, subject: str, window: Period) -> Period | None:
        """When in `window` the subject is in service."""
        agreed = self._scene.contract.effective_within(window)
        if agreed is None or subject == ALL_ASSETS:
            return agreed
        return self._assets[subject].within(agreed) if subject in self._assets else None

    def began_before(self, subject: str, instant: datetime) -> bool:
        """Whether the subject was in service before the instant; the contract itself always was."""
        return subject == ALL_ASSETS or (subject in self._assets and self._assets[subject].in_service_from < instant)

    def is_over(self, subject: str) -> bool:
        """Whether the subject is no longer in service after this part.

        A version's own end is not the contract's: a later one may go on from there, and the scene knows.
        """
        if self._scene.ends or subject == ALL_ASSETS:
            return self._scene.ends
        if subject not in self._assets:
            return True
        end = self._assets[subject].in_service_until
        return end is not None and end <= self._scene.part.end

    def whole_share(self, window: Window, subject: str) -> Fraction:
        """How much of a window the subject will have been in service for by the window's end: at most 1.

        Of a month, how much of it this part is. Months count the same, each by its own seconds.
        """
        so_far = self._scene.share_of(window, subject)
        if not isinstance(window, Months) or window.months is None:
            return so_far
        return min(Fraction(1), so_far + self.months_to_come(window, subject) / window.months)

    def months_to_come(self, window: Window, subject: str) -> Fraction:
        """The service from this part's end to the window's end, in months."""
        scene = self._scene
        rest = self.within(subject, Period(scene.part.end, scene.month.end))
        this_month = Fraction(rest.micros, scene.month.micros) if rest is not None else Fraction(0)
        later = (add_months(scene.first_of_month, n + 1) for n in range(_months_left(scene, window)))
        return Fraction(0) if scene.ends else this_month + self._share_of_months(later, subject)

    def _share_of_months(self, months: Iterable[date], subject: str) -> Fraction:
        total = Fraction(0)
        for one in months:
            month = self._scene.contract.month(one)
            served = self.within(subject, month)
            total += Fraction(served.micros, month.micros) if served is not None else 0
        return total


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
