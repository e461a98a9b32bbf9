"""Numbers, money, dates and times as people read them.

Pure. Nothing is rounded here except by cutting, and what is cut says so: a share just below its target never reads
as the target. Times are shown in the contract's zone.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from billing.invoice import VatTotal
from contracts.contract import Contract
from contracts.value import cut, percent_cut
from ingest.reading import decimal_of
from vouch.canonical import plain
from vouch.money import minor_digits
from vouch.period import iso
from vouch.units import UNITS

LOCALE: Final = Locale("en")
_SECOND: Final = 1_000_000
# Between a number and what belongs to it no line is broken.
_TIGHT: Final = "\N{NO-BREAK SPACE}"
_SINGULAR: Final = {
    "pages": "page",
    "pieces": "piece",
    "months": "month",
    "days": "day",
    "service units": "service unit",
}


def money(amount: Decimal | str, currency: str) -> str:
    """An amount that is in whole minor units already, with exactly the decimals it has."""
    number = Decimal(amount)
    exponent = number.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = "¤#,##0" + ("." + "0" * digits if digits else "")
    text = format_currency(number, currency, pattern, locale=LOCALE, currency_digits=False, decimal_quantization=False)
    return text.replace("-", "−")


def price(amount: Decimal | str, currency: str) -> str:
    """A price for one unit: all its digits, and at least the currency's own."""
    exact = Decimal(amount)
    least = Decimal(1).scaleb(-minor_digits(currency))
    return money(exact.quantize(least) if exact == exact.quantize(least) else exact, currency)


def number(value: Decimal | str | int) -> str:
    """All its digits, with thousands grouped."""
    exact = Decimal(value)
    trimmed = exact.normalize() if exact else Decimal(0)
    return format_decimal(trimmed, locale=LOCALE, decimal_quantization=False).replace("-", "−")


def quantity(value: Decimal | str, unit: str) -> str:
    """A number with its unit's symbol."""
    word = symbol(unit)
    if abs(Decimal(value)) == 1:
        word = _SINGULAR.get(word, word)
    return f"{number(value)}{_TIGHT}{word}".rstrip()


def unit_word(unit: str) -> str:
    """What one unit is called, as in `a price for each page`."""
    word = symbol(unit) or "unit"
    return _SINGULAR.get(word, word)


def symbol(unit: str) -> str:
    """How people write a unit; a plain count has no symbol."""
    if unit == "C62":
        return ""
    return UNITS[unit].symbol if unit in UNITS else unit


def percent(share: Fraction | None) -> str:
    """A share in percent with four decimals, cut and not rounded."""
    return "—" if share is None else f"{percent_cut(share)}{_TIGHT}%"


def figure(value: Fraction, unit: str, is_share: bool = False) -> str:
    """A measured number with its unit, cut after four decimals towards zero; a share in percent."""
    if is_share:
        return percent(value)
    shown = cut(abs(value), 4)
    return quantity(-shown if value < 0 else shown, unit)


def duration(micros: int) -> str:
    """h:mm:ss, with the fraction of a second where there is one."""
    seconds, rest = divmod(micros, _SECOND)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:06}".rstrip("0") if rest else text


def whole_seconds(micros: int) -> int:
    """The same length without its last fraction of a second, which a table of clocks read by people can do without."""
    return micros - micros % _SECOND


def hours(micros: int) -> str:
    """A length that is mostly whole hours: `745`, or `12.25`, cut after four decimals."""
    exact = Fraction(micros, 3600 * _SECOND)
    return number(Decimal(int(exact * 10_000)).scaleb(-4))


def day(value: date | str) -> str:
    """1 October 2026."""
    return format_date(_date(value), f"d{_TIGHT}MMMM y", locale=LOCALE)


def short_day(value: date | str) -> str:
    """1 Oct 2026."""
    return format_date(_date(value), "d MMM y", locale=LOCALE).replace(" ", _TIGHT)


def weekday(value: date | str) -> str:
    """Thu 1 Oct."""
    return format_date(_date(value), "EEE d MMM", locale=LOCALE)


def tidy(text: str) -> str:
    """The same words, with no line broken between a number and its percent sign."""
    return text.replace(" %", f"{_TIGHT}%")


def length(micros: int) -> str:
    """A length in the largest unit that leaves no rest: 8 hours, 15 minutes, 90 seconds."""
    for size, word in ((3600, "hour"), (60, "minute")):
        if micros % (size * _SECOND) == 0:
            count = micros // (size * _SECOND)
            return f"{count}{_TIGHT}{word}{'' if count == 1 else 's'}"
    return f"{plain(Decimal(micros) / _SECOND)}{_TIGHT}seconds"


def month(value: date) -> str:
    """October 2026."""
    return format_date(value, "MMMM y", locale=LOCALE)


def local(instant: datetime | str, zone: ZoneInfo) -> str:
    """1 Oct 2026, 06:00:00 CEST: to the last digit the instant has."""
    shown = _instant(instant).astimezone(zone)
    clock = f"{shown:%H:%M:%S}" + (f".{shown.microsecond:06}".rstrip("0") if shown.microsecond else "")
    return f"{format_date(shown.date(), 'd MMM y', locale=LOCALE)}, {clock} {shown:%Z}"


def local_second(instant: datetime | str, zone: ZoneInfo) -> str:
    """1 Oct 2026, 06:00:00 CEST, cut."""
    return local(_instant(instant).replace(microsecond=0), zone)


def local_minute(instant: datetime | str, zone: ZoneInfo) -> str:
    """1 Oct 2026, 06:00 CEST."""
    shown = _instant(instant).astimezone(zone)
    return f"{format_date(shown.date(), 'd MMM y', locale=LOCALE)}, {shown:%H:%M %Z}"


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day of a span that ends, exclusively, at `end`."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def first_day(start: datetime, zone: ZoneInfo) -> date:
    """The local day of an instant."""
    return start.astimezone(zone).date()


def utc(instant: datetime) -> str:
    """2026-10-01 04:00:00Z, to the last digit the instant has."""
    return iso(instant).replace("T", " ")


def vat_row(total: VatTotal | Mapping[str, str]) -> tuple[Decimal, Decimal, Decimal]:
    """Rate, base and tax, from a table's row or from a frozen document."""
    if isinstance(total, VatTotal):
        return total.vat_percent, total.base, total.amount
    return Decimal(total["vat_percent"]), Decimal(total["base"]), Decimal(total["amount"])


def short(digest: str) -> str:
    """The beginning of a digest, enough to tell two apart by eye."""
    return digest[:12]


def until_text(contract: Contract) -> str:
    """When a version ends, or that it does not."""
    if contract.effective_until is None:
        return "until further notice"
    return f"until {day(last_day(contract.effective_until, contract.zone))}"


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "money": money,
    "price": price,
    "number": number,
    "quantity": quantity,
    "reading": decimal_of,
    "symbol": symbol,
    "share_percent": percent,
    "duration": duration,
    "whole_seconds": whole_seconds,
    "hours": hours,
    "day": day,
    "short_day": short_day,
    "weekday": weekday,
    "month": month,
    "tidy": tidy,
    "local": local,
    "local_minute": local_minute,
    "local_second": local_second,
    "last_day": last_day,
    "first_day": first_day,
    "zone": ZoneInfo,
    "zone_day": lambda instant, zone: day(first_day(instant, ZoneInfo(zone))),
    "zone_last_day": lambda instant, zone: day(last_day(instant, ZoneInfo(zone))),
    "utc": utc,
    "figure": figure,
    "vat_row": vat_row,
    "short": short,
    "until_text": until_text,
}
