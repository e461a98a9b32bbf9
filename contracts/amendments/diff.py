"""What an amendment changes, in words: one line a change, as a manager reads it.

Pure. Parts are compared by their ids; diff_words.py has the words. Numbers are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.amendments.words import KEYS, SENTENCES
from contracts.document import ContractDocument
from contracts.terms.kinds import NAMES
from vouch.expectation import listed
from vouch.units import UNITS

_MONEY: Final = frozenset({"cap_amount", "refund_max", "refund_price", "minimum_amount"})
_POINTS: Final = frozenset({"below", "points", "dead_band_points"})
_TIMES: Final = ("seconds", "minutes", "hours", "days", "months", "windows")
_CHOICES: Final = ("kind", "form", "model", "effect")
_Keys = tuple[str, ...]


def differences(before: ContractDocument, after: ContractDocument) -> list[str]:
    """What `after` changes of `before`: the head, the assets, then each list of parts in its order."""
    found = [*_head(before, after), *_assets(before, after)]
    for name in ("measures", "judges", "prices", "views"):
        old, new = (_by_id(getattr(one, name)) for one in (before, after))
        found += _parts(old, new, _Words(before, after))
    return found


class _Words:
    """How values of a part are written: money in the contract's currency, quantities in their unit."""

    def __init__(self, before: ContractDocument, after: ContractDocument) -> None:
        self.currency = after.currency
        self.units = {measure.id: measure.value_unit for one in (before, after) for measure in one.measures}

    def unit_of(self, part: Mapping[str, Any]) -> str:
        """The unit of a part's quantities, or of the measure it names."""
        named = part.get("measure") or part.get("due", {}).get("measure") or part.get("commitment", {}).get("measure")
        unit = part.get("unit") or self.units.get(str(named), "")
        return UNITS[unit].symbol if unit in UNITS and unit != "C62" else ""

    def shown(self, value: Any, keys: _Keys, part: Mapping[str, Any]) -> str:
        """One value in words."""
        if value is None:
            return "nothing"
        if isinstance(value, Mapping):
            return ", ".join(self._pair(key, one, keys, part) for key, one in value.items())
        if isinstance(value, list):
            return listed((self.shown(one, keys, part) for one in value), "and") or "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | Decimal):
            return self._number(value, keys, part)
        return spoken_date(value) if isinstance(value, date) else str(value).replace("_", " ")

    def _pair(self, key: str, value: Any, keys: _Keys, part: Mapping[str, Any]) -> str:
        said = self.shown(value, (*keys, key), part)
        return said if key in _CHOICES else f"{KEYS.get(key, key)} {said}"

    def _number(self, value: int | Decimal, keys: _Keys, part: Mapping[str, Any]) -> str:
        number, key = _digits(value), keys[-1]
        share = key.endswith("percent") or key in _POINTS
        if share:
            return f"{number} %"
        money = key == "price" or key in _MONEY or (key == "amount" and part.get("kind") != "counter")
        if money:
            return f"{number} {self.currency}"
        ending = key.rpartition("_")[2]
        if ending in _TIMES:
            return f"{number} {ending if value != 1 else ending.removesuffix('s')}"
        unit = self.unit_of(part) if key in ("included", "up_to", "quantity", "every", "value", "low", "high") else ""
        return f"{number} {unit}".rstrip()


def spoken_date(value: date) -> str:
    """`1 July 2026`; an instant with its time and offset."""
    text = f"{value.day} {value:%B %Y}"
    return f"{text}, {value:%H:%M:%S %Z}" if isinstance(value, datetime) else text


def _digits(value: int | Decimal) -> str:
    number = Decimal(value).normalize()
    return f"{number:,f}"


def _by_id(parts: Sequence[Any]) -> dict[str, dict[str, Any]]:
    return {part.id: _plain(part.model_dump(by_alias=True, exclude_none=True)) for part in parts}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def _head(before: ContractDocument, after: ContractDocument) -> Iterator[str]:
    for name in ("contract", "issuer", "customer", "currency", "time_zone"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')}: {old} → {new}"
    if before.effective_from != after.effective_from:
        yield f"version {after.version} takes effect on {_when(after.effective_from, after)}"
    if before.effective_until != after.effective_until:
        ends, ended = after.effective_until, before.effective_until
        now = "has no end" if ends is None else f"ends on {_when(ends, after)}"
        instead = "" if ended is None else f", not on {_when(ended, before)}"
        yield f"the contract {now}{instead}"
    if before.vat_percent != after.vat_percent:
        yield f"VAT: {_digits(before.vat_percent)} % → {_digits(after.vat_percent)} %"


def _when(moment: date | datetime, written: ContractDocument) -> str:
    return spoken_date(moment.astimezone(ZoneInfo(written.time_zone)) if isinstance(moment, datetime) else moment)


def _assets(before: ContractDocument, after: ContractDocument) -> Iterator[str]:
    old, new = ({covered.asset: covered for covered in one.assets} for one in (before, after))
    for name, covered in new.items():
        was = old.get(name)
        if was is None:
            yield f"asset {name} joins on {_when(covered.in_service_from, after)}"
        elif was.in_service_from != covered.in_service_from:
            since, instead = _when(covered.in_service_from, after), _when(was.in_service_from, before)
            yield f"asset {name} is in service from {since}, not from {instead}"
        until, ended = covered.in_service_until, was.in_service_until if was else None
        if until != ended:
            leaves = "stays until further notice" if until is None else f"leaves on {_when(until, after)}"
            yield f"asset {name} {leaves}" + (f", not on {_when(ended, before)}" if ended is not None else "")
    yield from (f"asset {name} is no longer covered" for name in old if name not in new)


def _parts(old: Mapping[str, Any], new: Mapping[str, Any], words: _Words) -> Iterator[str]:
    for name, part in new.items():
        kind = _noun(part)
        if name not in old:
            yield f"new: {_label(part)}, {kind}"
        elif old[name].get("kind") != part.get("kind"):
            yield f"{_label(part)}: now {kind}, was {_noun(old[name])}"
        else:
            yield from _Change(words, _label(part), old[name], part).lines((), old[name], part)
    yield from (f"dropped: {_label(part)}, {_noun(part)}" for name, part in old.items() if name not in new)
    shared = [name for name in old if name in new]
    if shared != [name for name in new if name in old]:
        yield f"order: {', '.join(new)}"


def _label(part: Mapping[str, Any]) -> str:
    return str(part.get("text", part["id"]))


class _Change:
    """What changed within one part."""

    def __init__(self, words: _Words, label: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.words, self.label, self.old, self.new = words, label, old, new

    def lines(self, keys: _Keys, old: Any, new: Any) -> Iterator[str]:
        """One line for each change at `keys` or below."""
        if old == new:
            return
        if isinstance(old, Mapping) and isinstance(new, Mapping) and _same_form(old, new):
            for key in dict.fromkeys((*old, *new)):
                yield from self.lines((*keys, key), old.get(key), new.get(key))
        elif isinstance(old, list) and isinstance(new, list):
            yield from (
                self._tiers(keys, old, new) if _are_tiers(old) and _are_tiers(new) else self._list(keys, old, new)
            )
        else:
            yield f"{self.label}: {self._sentence(keys, old, new)}"

    def _sentence(self, keys: _Keys, old: Any, new: Any) -> str:
        was, now = self.words.shown(old, keys, self.old), self.words.shown(new, keys, self.new)
        sentence = SENTENCES.get((str(self.new.get("kind", "")), ".".join(keys)))
        numbers = all(isinstance(one, int | Decimal) for one in (old, new))
        if sentence is None or not numbers:
            return f"{_named(keys)}: {was} → {now}"
        return sentence.format(old=was, new=now, rises="rises" if new > old else "falls")

    def _list(self, keys: _Keys, old: list[Any], new: list[Any]) -> Iterator[str]:
        gained, lost = [one for one in new if one not in old], [one for one in old if one not in new]
        said = []
        if gained:
            said.append(f"now also {self.words.shown(gained, keys, self.new)}")
        if lost:
            said.append(f"no longer {self.words.shown(lost, keys, self.old)}")
        yield f"{self.label}: {_named(keys)}: {'; '.join(said) or f'now in the order {self._order(keys, new)}'}"

    def _order(self, keys: _Keys, new: list[Any]) -> str:
        return "; ".join(self.words.shown(one, keys, self.new) for one in new)

    def _tiers(self, keys: _Keys, old: list[Any], new: list[Any]) -> Iterator[str]:
        """Tiers whose bounds stay are compared one by one; else both tables are told."""
        spans, earlier = self._spans(keys, new, self.new), self._spans(keys, old, self.old)
        if spans != earlier:
            was, now = self._table(keys, old, self.old), self._table(keys, new, self.new)
            yield f"{self.label}: {_named(keys)}: {was} → {now}"
            return
        for span, before, after in zip(spans, old, new, strict=True):
            for key in ("price", "factor"):
                if before.get(key) != after.get(key):
                    was, now = (self.words.shown(one[key], (key,), self.new) for one in (before, after))
                    yield f"{self.label}, tier {span}: {_bare(was, now)} → {now}"

    def _spans(self, keys: _Keys, tiers: list[Any], part: Mapping[str, Any]) -> list[str]:
        bounds = [None, *(tier.get("up_to") for tier in tiers)]
        return [self._span(bounds[n], bounds[n + 1], part) for n in range(len(tiers))]

    def _span(self, above: Decimal | None, up_to: Decimal | None, part: Mapping[str, Any]) -> str:
        last = "" if up_to is None else self.words.shown(up_to, ("up_to",), part)
        if above is None:
            return f"up to {last}" if last else "for all units"
        return f"above {_digits(above)} to {last}" if last else f"above {self.words.shown(above, ('up_to',), part)}"

    def _table(self, keys: _Keys, tiers: list[Any], part: Mapping[str, Any]) -> str:
        prices = [self.words.shown(tier.get("price", tier.get("factor")), ("price",), part) for tier in tiers]
        return "; ".join(f"{span} {price}" for span, price in zip(self._spans(keys, tiers, part), prices, strict=True))


def _bare(was: str, now: str) -> str:
    """The first of two amounts without the unit that the second one has as well."""
    number, _, unit = was.partition(" ")
    return number if unit and now.endswith(f" {unit}") else was


def _same_form(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return all(old.get(key) == new.get(key) for key in _CHOICES)


def _are_tiers(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(one, Mapping) and ("price" in one or "factor" in one) for one in items)


def _named(keys: _Keys) -> str:
    return ", ".join(KEYS.get(key, key) for key in keys)


def _noun(part: Mapping[str, Any]) -> str:
    """What kind of part it is; views have no kind."""
    return NAMES[part["kind"]].noun if "kind" in part else "view"
