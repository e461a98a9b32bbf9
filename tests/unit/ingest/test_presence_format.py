"""What devices say about presence in vouch's own JSON."""

from datetime import UTC, datetime

import pytest

from ingest.formats.presence import decode
from ingest.notes import Clue, PresenceNote
from ingest.reading import Decoded
from vouch.period import to_micros

AT = to_micros(datetime(2026, 10, 5, 10, tzinfo=UTC))


def note(payload: bytes, retained: bool = False) -> PresenceNote:
    decoded, notes = decode(payload, "press-7", retained)

    (only,) = notes
    assert decoded == Decoded((), (), relative=only.at is None)
    return only


def test_a_birth_with_its_time() -> None:
    found = note(b'{"online": true, "at": "2026-10-05T12:00:00+02:00"}')

    assert (found.source, found.at, found.online, found.evidence) == ("press-7", AT, True, Clue.BIRTH)


def test_a_birth_without_a_time_counts_from_its_receipt() -> None:
    found = note(b'{"online": true}')

    assert (found.at, found.online, found.evidence) == (None, True, Clue.BIRTH)


def test_a_will_has_no_time_as_nobody_knows_it_beforehand() -> None:
    found = note(b'{"online": false}')

    assert (found.at, found.online, found.evidence) == (None, False, Clue.WILL)


def test_a_device_that_goes_says_when() -> None:
    found = note(b'{"online": false, "at": "2026-10-05T10:00:00Z"}')

    assert (found.at, found.online, found.evidence) == (AT, False, Clue.DEATH)


@pytest.mark.parametrize("online", ["true", "false"])
def test_what_the_broker_kept_says_nothing_about_when(online: str) -> None:
    assert note(f'{{"online": {online}}}'.encode(), retained=True).evidence is Clue.DECLARED


def test_what_the_broker_kept_with_its_time_is_what_it_was() -> None:
    payload = b'{"online": true, "at": "2026-10-05T10:00:00Z"}'

    assert note(payload, retained=True) == note(payload)


def test_an_empty_message_takes_a_retained_one_back_and_says_nothing() -> None:
    decoded, notes = decode(b"", "press-7")

    assert (decoded, notes) == (Decoded((), ()), ())


@pytest.mark.parametrize(
    ("payload", "place", "reason"),
    [
        (b"\xff", "$", "undecodable"),
        (b"[" * 100_000, "$", "undecodable"),
        (b"1" * 10_000, "$", "undecodable"),
        (b"[]", "$", "malformed"),
        (b"{}", "$", "malformed"),
        (b'{"online": 1}', "$", "malformed"),
        (b'{"online": true, "since": 3}', "$", "malformed"),
        (b'{"online": true, "at": 1234}', "$.at", "malformed_time"),
        (b'{"online": true, "at": null}', "$.at", "malformed_time"),
        (b'{"online": true, "at": "1970-01-01T00:00:12Z"}', "$.at", "ancient_time"),
    ],
)
def test_anything_else_is_refused_with_its_place(payload: bytes, place: str, reason: str) -> None:
    decoded, notes = decode(payload, "press-7")

    assert notes == ()
    assert [(one.place, one.reason) for one in decoded.rejections] == [(place, reason)]
