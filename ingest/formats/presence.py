"""Presence of devices that speak vouch's own JSON: a birth they publish, and the will they leave with the broker.

Pure. `{"online": true}` on connecting; `{"online": false}` as the will, without a time, since nobody knows beforehand
when it will be needed; with `"at"`, a device's own word that it goes. Both may be retained. Described in docs/mqtt.md.
"""

import json
from typing import Any, Final

from ingest.notes import Clue, PresenceNote
from ingest.reading import WHOLE_MESSAGE, Decoded, Rejection
from vouch.errors import Invalid
from vouch.period import parse_instant, to_micros

YEAR_MIN: Final = 2010
_NOTHING: Final = Decoded((), ())
# It came or went when we received this.
_NOW: Final = Decoded((), (), relative=True)

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "vouch presence, version 1",
    "type": "object",
    "properties": {
        "online": {"type": "boolean"},
        "at": {
            "type": "string",
            "format": "date-time",
            "description": "device clock, with its offset from UTC; left out in a will",
        },
    },
    "required": ["online"],
    "additionalProperties": False,
}


def decode(payload: bytes, source: str, retained: bool = False) -> tuple[Decoded, tuple[PresenceNote, ...]]:
    """What one message says about `source`; no readings. Never raises, whatever the bytes are.

    `retained`: the broker kept it from earlier, so that without a time of its own it says nothing about when. An empty
    message, which takes a retained one back, says nothing at all.
    """
    if not payload:
        return _NOTHING, ()
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError) as error:
        return _refused("undecodable", f"not the JSON expected: {error}"[:500])
    if not isinstance(said, dict) or not said.keys() <= {"online", "at"} or not isinstance(said.get("online"), bool):
        return _refused("malformed", "presence is an object with 'online', true or false, and at most 'at' beside it")
    online: bool = said["online"]
    if "at" not in said:
        return _NOW, (_without_time(source, online, retained),)
    try:
        at = parse_instant(said["at"])
    except Invalid as error:
        return _refused("malformed_time", str(error), "$.at")
    if at.year < YEAR_MIN:
        return _refused("ancient_time", f"{said['at']} is before {YEAR_MIN}", "$.at")
    evidence, detail = (Clue.BIRTH, "said that it is there") if online else (Clue.DEATH, "said that it goes")
    return _NOTHING, (PresenceNote(source, to_micros(at), online, evidence, detail),)


def _without_time(source: str, online: bool, retained: bool) -> PresenceNote:
    if retained:
        return PresenceNote(source, None, online, Clue.DECLARED, "as the broker has kept it from earlier")
    if online:
        return PresenceNote(source, None, online, Clue.BIRTH, "said that it is there")
    return PresenceNote(source, None, online, Clue.WILL, "the broker published its will")


def _refused(reason: str, detail: str, place: str = WHOLE_MESSAGE) -> tuple[Decoded, tuple[PresenceNote, ...]]:
    return Decoded((), (Rejection(place, reason, detail),)), ()
