"""SenML in CBOR: bytes to readings or rejections.

Pure. Fields are known by small numbers (RFC 8428, table 6), extensions by text; a known field spelled as text is taken
too. What numbers resolve to is senml.py's business.
"""

from decimal import Decimal
from typing import Any, Final

from ingest.formats import cbor
from ingest.formats.senml import TWICE, refused, resolve
from ingest.reading import Decoded
from vouch.errors import Invalid

_LABELS: Final = {
    Decimal(number): label for number, label in enumerate("bs bv bu bt bn bver n u v vs vb s t ut vd".split(), start=-6)
}


def decode(payload: bytes, device: str, now: int, again: bool = False) -> Decoded:
    """Readings and refused places of one pack from `device`; arguments as in `senml.resolve`. Never raises."""
    try:
        pack = cbor.read(payload)
    except Invalid as error:
        return refused("undecodable", f"not the CBOR expected: {error}")
    if not isinstance(pack, cbor.Array):
        return refused("undecodable", "a SenML pack is an array of records")
    return resolve([_fields(item) for item in pack], device, now, again)


def _fields(item: Any) -> Any:
    if not isinstance(item, cbor.Map):
        return item
    fields: dict[str, Any] = {}
    for key, value in item:
        label = _LABELS.get(key) if isinstance(key, Decimal) else key if isinstance(key, str) else None
        if label is not None:
            fields[label] = TWICE if label in fields else value
    return fields
