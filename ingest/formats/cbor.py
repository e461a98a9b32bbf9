"""CBOR: the values that SenML can be made of, read exactly.

Pure. A library gives every float as a double, and how many bits the device spent is lost; here a number becomes the
decimal that it stands for. A single is its own shortest spelling (23.1, where the double beside it would say
23.100000381469727), unless it is whole. A half, which only encoders that save bytes send, and a double are as
Python spells them. Tags 2 to 4 (big numbers, decimal fractions) are numbers; values under other tags are `Foreign`.
Bounded by the message's own length: nothing is allocated that its bytes do not fill. Source: RFC 8949.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from ingest.formats.floats import decimal_of_single
from ingest.reading import decimal_of
from vouch.errors import Invalid

DEPTH_MAX: Final = 16
# A number of more digits than this is no measurement, and arithmetic with it would take long.
BIG_BYTES_MAX: Final = 32
EXPONENT_MAX: Final = 1_000

_INDEFINITE: Final = 31
_BREAK: Final = object()
# Labels, mostly: made once.
_SMALL_MAX: Final = 24
_SMALL: Final = tuple(map(Decimal, range(_SMALL_MAX)))
_SIMPLE: Final = {20: False, 21: True, 22: None, 23: None}


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something well-formed that no SenML field can be."""

    what: str


class Array(list[Any]):
    """The items of an array."""


class Map(list[tuple[Any, Any]]):
    """The pairs of a map, in order, whatever their keys are."""


class NotCbor(Invalid):
    """Bytes that are not one CBOR item."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(f"byte {at}: {reason}")


def read(payload: bytes) -> Any:
    """The one item that `payload` holds, numbers as Decimal, arrays as Array, maps as Map. Raises NotCbor."""
    reader = _Reader(payload)
    item = reader.item(0)
    if item is _BREAK:
        raise NotCbor(0, "a break where an item is expected")
    if reader.at != len(payload):
        raise NotCbor(reader.at, f"{len(payload) - reader.at} bytes follow the end")
    return item


class _Reader:
    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.at = 0

    def item(self, depth: int) -> Any:
        """The next item, or _BREAK."""
        start = self.at
        if depth > DEPTH_MAX:
            raise NotCbor(start, f"nested deeper than {DEPTH_MAX}")
        head = self._bytes(1)[0]
        if head < _SMALL_MAX:
            return _SMALL[head]
        major, low = head >> 5, head & 31
        if major == 7:
            return self._simple(low, start)
        if low == _INDEFINITE:
            return self._until_break(major, depth, start)
        number = self._argument(low, start)
        match major:
            case 0:
                return Decimal(number)
            case 1:
                return Decimal(-1 - number)
            case 2:
                return self._bytes(number)
            case 3:
                return self._text(self._bytes(number), start)
            case 4:
                self._check_count(number)
                return Array(self._inner(depth) for _ in range(number))
            case 5:
                self._check_count(2 * number)
                return Map((self._inner(depth), self._inner(depth)) for _ in range(number))
            case _:
                return _tagged(number, self._inner(depth))

    def _inner(self, depth: int) -> Any:
        start = self.at
        item = self.item(depth + 1)
        if item is _BREAK:
            raise NotCbor(start, "a break where an item is expected")
        return item

    def _check_count(self, items: int) -> None:
        # Every item takes a byte at least: what claims more than is there is cut off.
        if items > len(self.payload) - self.at:
            raise NotCbor(self.at, f"{items} items announced, {len(self.payload) - self.at} bytes left")

    def _until_break(self, major: int, depth: int, start: int) -> Any:
        if major in (2, 3):
            return self._chunks(major, start)
        if major not in (4, 5):
            raise NotCbor(start, "an indefinite length on an item that cannot have one")
        if major == 4:
            return Array(iter(lambda: self.item(depth + 1), _BREAK))
        pairs = Map()
        while (key := self.item(depth + 1)) is not _BREAK:
            pairs.append((key, self._inner(depth)))
        return pairs

    def _chunks(self, major: int, start: int) -> bytes | str:
        parts: list[bytes] = []
        while (head := self._bytes(1)[0]) != 0xFF:
            if head >> 5 != major or head & 31 == _INDEFINITE:
                raise NotCbor(self.at - 1, "a string in pieces holds pieces of its own kind")
            parts.append(self._bytes(self._argument(head & 31, self.at - 1)))
        whole = b"".join(parts)
        return whole if major == 2 else self._text(whole, start)

    def _simple(self, low: int, start: int) -> Any:
        match low:
            case 25:
                return _decimal(struct.unpack(">e", self._bytes(2))[0], decimal_of)
            case 26:
                return _decimal(struct.unpack(">f", self._bytes(4))[0], decimal_of_single)
            case 27:
                return _decimal(struct.unpack(">d", self._bytes(8))[0], decimal_of)
            case 31:
                return _BREAK
            case _:
                number = self._argument(low, start)
                return _SIMPLE[number] if number in _SIMPLE else Foreign(f"simple value {number}")

    def _argument(self, low: int, start: int) -> int:
        if low < 24:
            return low
        if low > 27:
            raise NotCbor(start, "a length that CBOR does not define")
        return int.from_bytes(self._bytes(1 << (low - 24)))

    def _bytes(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.payload):
            raise NotCbor(self.at, f"{count} bytes announced, {len(self.payload) - self.at} left")
        taken = self.payload[self.at : end]
        self.at = end
        return taken

    @staticmethod
    def _text(octets: bytes, start: int) -> str:
        try:
            return octets.decode()
        except UnicodeDecodeError as error:
            raise NotCbor(start, "a text that is not UTF-8") from error


def _decimal(value: float, spelled: Callable[[float], Decimal]) -> Decimal | Foreign:
    if not isfinite(value):
        return Foreign(f"{value} is not a number")
    return spelled(value)


def _tagged(tag: int, value: Any) -> Any:
    if tag == 55799:
        return value
    if tag in (2, 3) and isinstance(value, bytes) and len(value) <= BIG_BYTES_MAX:
        number = int.from_bytes(value)
        return Decimal(number if tag == 2 else -1 - number)
    if tag == 4 and isinstance(value, Array) and len(value) == 2:
        exponent, mantissa = value
        if _whole(exponent) and _whole(mantissa) and abs(exponent) <= EXPONENT_MAX:
            sign, digits, _ = mantissa.as_tuple()
            return Decimal((sign, digits, int(exponent)))
    return Foreign(f"tag {tag}")


def _whole(value: Any) -> bool:
    return isinstance(value, Decimal) and value.as_tuple().exponent == 0
