"""The plain spelling read by patterns is read to the same readings as by the JSON parser."""

import json
import string
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.formats.json import READINGS_MAX, decode_any, encode
from ingest.formats.plain_json import read_plain
from tests.builders import utc
from vouch.period import MICROSECOND

lawful = settings(max_examples=400, derandomize=True, deadline=None)

instants = st.integers(0, 500_000_000_000_000).map(lambda micros: utc("2010-01-01") + micros * MICROSECOND)
whole_seconds = st.integers(0, 500_000_000).map(lambda seconds: utc("2010-01-01") + seconds * 1_000_000 * MICROSECOND)
numbers = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(-9, 0),
)
LETTERS = string.ascii_letters + "_"
# Drawn letter by letter from a pattern, these would take most of the time.
names = st.builds(str.__add__, st.sampled_from(LETTERS), st.text(LETTERS + string.digits, max_size=10))
states = st.text(LETTERS + string.digits + " ./-", max_size=12)
bodies = st.lists(
    st.tuples(instants | whole_seconds, st.dictionaries(names, numbers | states, min_size=1, max_size=4)),
    min_size=1,
    max_size=5,
)
# Pieces of messages, spelled and misspelled, put together at will.
pieces = st.lists(
    st.sampled_from(
        '{ } [ ] " , : ,, {{ {"readings":[ ]} {"measured_at":" "measured_at": "values":{ ,"values":{" "km": "km":1 '
        '"km":1} 2026-10-01T08:15:00Z" 2026-10-01T08:15:60Z" 2026-02-30T08:15:00Z" 2026-10-01T08:15:00.25+00:00" '
        '"up" -0 0.0 1e3 '
        "01 -1.5 1234567890123456 0.123456789012345 null true é \\u0041 \x00".split(" ")
    ),
    max_size=12,
).map("".join)


@given(bodies, st.booleans())
@lawful
def test_a_plain_message_is_read_as_the_parser_reads_it(
    body: list[tuple[object, dict[str, object]]], spaced: bool
) -> None:
    payload = encode(body)  # type: ignore[arg-type]
    if spaced:
        payload = payload.replace(b'":', b'": ').replace(b',"', b', "').replace(b"},{", b"}, {")
    plain = read_plain(payload, READINGS_MAX)

    if plain is not None:
        decoded = decode_any(payload)
        assert tuple(plain) == decoded.readings
        assert [str(reading.value) for reading in plain] == [str(reading.value) for reading in decoded.readings]
        assert decoded.rejections == ()


@given(
    st.lists(
        st.tuples(whole_seconds, st.dictionaries(names, st.integers(0, 10**9).map(Decimal), min_size=1)), min_size=1
    )
)
@lawful
def test_what_devices_usually_send_is_plain(body: list[tuple[object, dict[str, Decimal]]]) -> None:
    usual = [
        {"measured_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "values": {n: int(v) for n, v in values.items()}}
        for at, values in body
    ]
    message = usual[0] if len(usual) == 1 else {"readings": usual}

    assert read_plain(json.dumps(message).encode(), READINGS_MAX) is not None
    assert read_plain(json.dumps(message, separators=(",", ":")).encode(), READINGS_MAX) is not None


@given(pieces)
@example('{"measured_at":"2026-10-01T08:15:00Z","values":{"km":1,"km":2}}')
@example('{"measured_at":"2026-10-01T08:15:00Z","values":{"km":1}}\n')
@example('{"readings":[{"measured_at":"2026-10-01T08:15:00Z","values":{"km":1}}],"x":1}')
@example('{"readings":[{"measured_at":"2026-10-01T08:15:00Z","values":{"km":1}},]}')
@lawful
def test_whatever_is_read_plainly_is_what_the_parser_reads(text: str) -> None:
    payload = text.encode()
    plain = read_plain(payload, READINGS_MAX)

    if plain is not None:
        decoded = decode_any(payload)
        assert (tuple(plain), ()) == (decoded.readings, decoded.rejections)


@given(bodies, st.data())
@lawful
def test_a_plain_message_with_one_byte_changed_is_read_alike(
    body: list[tuple[object, dict[str, object]]], data: st.DataObject
) -> None:
    payload = bytearray(encode(body))  # type: ignore[arg-type]
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] = data.draw(st.sampled_from(b'{}[]",:.-0123456789TZ+ abz\x00\xff'))
    plain = read_plain(bytes(payload), READINGS_MAX)

    if plain is not None:
        decoded = decode_any(bytes(payload))
        assert (tuple(plain), ()) == (decoded.readings, decoded.rejections)
