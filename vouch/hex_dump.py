"""Bytes for people: as text where they are text, else in rows of sixteen.

Pure.
"""

from typing import Final

_ROW: Final = 16
# Tabs and line ends belong to text; every other control sign could do something to a terminal.
_ALLOWED: Final = frozenset("\t\n\r")


def is_text(payload: bytes) -> bool:
    """Whether the bytes are UTF-8 without control signs."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign in _ALLOWED for sign in text)


def shown_bytes(payload: bytes, is_cut: bool = False) -> str:
    """The text itself, or rows of offset, sixteen bytes in hexadecimal, and the same as ASCII.

    Where the bytes are cut from longer ones, their last sign may be half a sign.
    """
    for end in range(len(payload), max(len(payload) - (4 if is_cut else 1), -1), -1):
        if is_text(payload[:end]):
            return payload[:end].decode()
    return "\n".join(_row(payload, offset) for offset in range(0, len(payload), _ROW))


def _row(payload: bytes, offset: int) -> str:
    part = payload[offset : offset + _ROW]
    signs = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
    return f"{offset:08x}  {part.hex(' ', 1):<47}  {signs}"
