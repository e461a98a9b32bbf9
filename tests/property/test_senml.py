"""Laws of SenML: one pack says the same in every spelling, and no bytes go unanswered."""

import json
import struct
from decimal import Decimal
from typing import Any

import cbor2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.formats import cbor, senml_cbor, senml_json
from ingest.formats.floats import decimal_of_single
from ingest.formats.senml_units import CODES
from ingest.reading import Decoded, decimal_of

lawful = settings(max_examples=150, derandomize=True, deadline=None)

NOW = 1_800_000_000_000_000
DEVICE = "press-7"
NUMBERS = {"bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6, "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4}
NUMBERS |= {"s": 5, "t": 6, "ut": 7, "vd": 8}
BASES = ("bver", "bn", "bt", "bu", "bv", "bs")

decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**9), 10**9), st.integers(-6, 0)
)
seconds = st.integers(0, 2_000_000_000) | decimals
names = st.sampled_from(["", "km", "press-7/", "urn:dev:ow:press-7:", "a", ":b", "x y"])
units = st.sampled_from([*CODES, "", "furlong"])
values = st.one_of(
    st.fixed_dictionaries({"v": decimals}),
    st.fixed_dictionaries({"vs": st.text(st.characters(codec="utf-8"), max_size=8)}),
    st.fixed_dictionaries({"vb": st.booleans()}),
    st.fixed_dictionaries({"s": decimals}),
    st.fixed_dictionaries({"v": decimals, "s": decimals}),
    st.just({}),
)
bases = st.fixed_dictionaries(
    {}, optional={"bn": names, "bt": seconds, "bu": units, "bv": decimals, "bs": decimals, "bver": st.just(10)}
)
others = st.fixed_dictionaries(
    {}, optional={"n": names, "u": units, "t": seconds, "ut": seconds, "later": st.text(max_size=3)}
)
regular = st.builds(lambda value, other: value | other, values, others)
records = st.builds(lambda base, record: base | record, bases, regular)
packs = st.lists(records, min_size=1, max_size=6)


def in_json(pack: list[dict[str, Any]]) -> Decoded:
    text = json.dumps(pack, default=lambda number: f"<{number}>")
    for record in pack:
        for value in record.values():
            if isinstance(value, Decimal):
                text = text.replace(f'"<{value}>"', f"{value:e}")
    return senml_json.decode(text.encode(), DEVICE, NOW)


def in_cbor(pack: list[dict[str, Any]]) -> Decoded:
    numbered = [{NUMBERS.get(label, label): value for label, value in record.items()} for record in pack]
    return senml_cbor.decode(cbor2.dumps(numbered), DEVICE, NOW)


@given(packs)
@lawful
def test_a_pack_says_the_same_in_json_and_in_cbor(pack: list[dict[str, Any]]) -> None:
    assert in_json(pack) == in_cbor(pack)


@given(packs)
@lawful
def test_base_fields_may_stand_in_a_record_of_their_own(pack: list[dict[str, Any]]) -> None:
    apart: list[dict[str, Any]] = []
    measures: list[dict[str, Any]] = [record for record in pack if record.keys() - {*BASES, "later"}]
    for record in measures:
        base = {label: value for label, value in record.items() if label in BASES}
        apart += [base] if base else []
        apart.append({label: value for label, value in record.items() if label not in BASES})

    if not measures:
        return

    assert unplaced(in_json(apart)) == unplaced(in_json(measures))


@given(st.lists(regular.filter(lambda record: record.keys() - {"later"}), min_size=1, max_size=6), bases)
@lawful
def test_a_base_field_repeated_changes_nothing(pack: list[dict[str, Any]], base: dict[str, Any]) -> None:
    once = [base | pack[0], *pack[1:]]

    assert in_json(once) == in_json([base | record for record in pack])


@given(packs, st.randoms(use_true_random=False))
@lawful
def test_the_order_of_resolved_records_changes_only_places(pack: list[dict[str, Any]], random: Any) -> None:
    resolved = [{label: value for label, value in record.items() if label not in BASES} for record in pack]
    shuffled = random.sample(resolved, len(resolved))

    readings, refusals = unplaced(in_json(resolved))
    again, refusals_again = unplaced(in_json(shuffled))
    assert sorted(readings, key=repr) == sorted(again, key=repr)
    assert sorted(refusals) == sorted(refusals_again)


def unplaced(decoded: Decoded) -> tuple[list[Any], list[str]]:
    return [tuple(reading._replace(place="")) for reading in decoded.readings], [r.reason for r in decoded.rejections]


def sound(decoded: Decoded) -> None:
    """Whatever came out is short, in the order of time, and names each place once."""
    assert decoded.readings or decoded.rejections
    places = [reading.place for reading in decoded.readings] + [refused.place for refused in decoded.rejections]
    assert len(set(places)) == len(places)
    assert [r.at for r in decoded.readings] == sorted(r.at for r in decoded.readings)
    assert all(len(rejection.detail) <= 500 for rejection in decoded.rejections)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NUMBERS, "x", "y_"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(json_values)
@example([{"bn": "a" * 200, "n": "b" * 100, "v": 1}])
@lawful
def test_no_json_goes_unanswered(value: Any) -> None:
    sound(senml_json.decode(json.dumps(value).encode(), DEVICE, NOW))
    sound(senml_json.decode(json.dumps([value]).encode(), DEVICE, NOW))


@given(st.binary(max_size=60))
@lawful
def test_no_bytes_go_unanswered(payload: bytes) -> None:
    for decode in (senml_json.decode, senml_cbor.decode):
        sound(decode(payload, DEVICE, NOW))
        sound(decode(b"\x81\xa3\x00\x61a\x02" + payload, DEVICE, NOW))


cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**64), 2**64 - 1)
    | st.text(max_size=30)
    | st.binary(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | st.integers(-9, 300), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(cbor_values)
@lawful
def test_what_another_encoder_wrote_is_read_as_it_was(value: Any) -> None:
    assert plain(cbor.read(cbor2.dumps(value))) == numbers_as_decimals(value)


def plain(item: Any) -> Any:
    if isinstance(item, cbor.Array):
        return [plain(inner) for inner in item]
    if isinstance(item, cbor.Map):
        return {key: plain(inner) for key, inner in item}
    return item


def numbers_as_decimals(value: Any) -> Any:
    if isinstance(value, list):
        return [numbers_as_decimals(inner) for inner in value]
    if isinstance(value, dict):
        return {numbers_as_decimals(key): numbers_as_decimals(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return decimal_of(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@lawful
def test_a_single_is_told_apart_from_all_others(value: float) -> None:
    assert struct.pack(">f", float(decimal_of_single(value))) == struct.pack(">f", value + 0.0)


@given(st.integers(-(10**6) + 1, 10**6 - 1), st.integers(-6, 1))
@lawful
def test_six_digits_survive_a_single(digits: int, exponent: int) -> None:
    number = Decimal(digits).scaleb(exponent)
    (single,) = struct.unpack(">f", struct.pack(">f", float(number)))

    assert decimal_of_single(single) == number
