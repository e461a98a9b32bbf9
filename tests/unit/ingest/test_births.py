"""What data means by the birth of its session: names, aliases, datatypes, units, and clocks that stand still."""

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.sparkplug import Metric
from ingest.reading import Decoded, Reading
from ingest.sparkplug.births import NO_BIRTH, decode_birth, decode_data, read_birth
from tests.sparkplug import START, bdseq, metric, payload

SECOND = 1_000_000
BIRTH = read_birth(
    payload(
        bdseq(0),
        metric("Node Control/Rebirth", False, pb.Boolean),
        metric("km", 1000.0, pb.Double, alias=1, at=START, unit="km"),
        metric("level", 5, pb.Int8, alias=2, at=START),
        metric("state", "RUNNING", pb.String, alias=3, at=START),
    ),
    None,
)


def reasons(*metrics: Metric) -> list[str]:
    return [r.reason for r in decode_data(payload(*metrics), BIRTH).decoded.rejections]


def test_data_by_alias_has_the_births_name_datatype_and_unit() -> None:
    later = START + SECOND
    sent = payload(
        metric(value=1001.5, alias=1, at=later, stated=False),
        metric(value=255, datatype=pb.Int8, alias=2, at=later, stated=False),
        at=later,
    )

    resolved = decode_data(sent, BIRTH)

    assert resolved.decoded.readings == (
        Reading("km", later, 1001.5, "$.metrics[0]", "KMT"),
        Reading("level", later, -1.0, "$.metrics[1]"),
    )
    assert resolved.aliased
    assert not resolved.unknown


def test_a_birth_shows_values_itself_but_none_of_the_protocol() -> None:
    shown = payload(bdseq(0), metric("Node Control/Rebirth", False, pb.Boolean), metric("km", 7.0, at=START))

    assert decode_birth(shown, BIRTH).decoded.readings == (Reading("km", START, 7.0, "$.metrics[2]", "KMT"),)


def test_a_metric_without_its_own_time_has_the_messages() -> None:
    sent = payload(metric("km", 1.0), at=START + SECOND)

    assert decode_data(sent, BIRTH).decoded.readings[0].at == START + SECOND


def test_without_any_time_a_metric_is_refused() -> None:
    resolved = decode_data(payload(metric("km", 1.0), at=None), BIRTH)

    assert [r.reason for r in resolved.decoded.rejections] == ["malformed_time"]


def test_null_and_transient_metrics_are_no_readings_and_historical_ones_are() -> None:
    sent = payload(
        metric("km"),
        metric("km", 1.0, is_transient=True),
        metric("km", 2.0, at=START - SECOND, is_historical=True),
    )

    decoded = decode_data(sent, BIRTH).decoded

    assert [(r.at, r.value) for r in decoded.readings] == [(START - SECOND, 2.0)]
    assert decoded.rejections == ()


def test_several_values_of_one_metric_keep_their_own_times() -> None:
    sent = payload(*(metric("km", float(n), at=START - n * SECOND) for n in range(1, 4)))

    assert [(r.at, r.value) for r in decode_data(sent, BIRTH).decoded.readings] == [
        (START - SECOND, 1.0),
        (START - 2 * SECOND, 2.0),
        (START - 3 * SECOND, 3.0),
    ]


def test_one_bad_metric_is_refused_alone_with_its_place_and_reason() -> None:
    sent = payload(
        metric("km", 1.0),
        metric(value=1.0, alias=9, stated=False),
        metric(value=1.0, stated=False),
        metric("other", 1.0, stated=False),
        metric("level", 300, pb.Int8),
        Metric(name=b"\xff"),
        Metric(name=b"km", timestamp=2**60, double_value=1.0),
        metric("pic", "x", pb.Bytes),
    )

    resolved = decode_data(sent, BIRTH)

    assert len(resolved.decoded.readings) == 1
    assert [(r.place, r.reason) for r in resolved.decoded.rejections] == [
        ("$.metrics[1]", "unknown_alias"),
        ("$.metrics[2]", "malformed"),
        ("$.metrics[3]", "no_birth"),
        ("$.metrics[4]", "malformed_value"),
        ("$.metrics[5]", "malformed"),
        ("$.metrics[6]", "malformed_time"),
        ("$.metrics[7]", "unsupported_datatype"),
    ]
    assert resolved.unknown


def test_a_metric_that_states_name_and_datatype_needs_no_birth() -> None:
    resolved = decode_data(payload(metric("bar", 2.5, pb.Float, unit="bar")), NO_BIRTH)

    assert resolved.decoded.readings == (Reading("bar", START, 2.5, "$.metrics[0]", "BAR"),)
    assert resolved.unknown


def test_the_datatype_of_the_birth_counts_and_not_the_one_repeated_in_data() -> None:
    resolved = decode_data(payload(metric("level", 255, pb.UInt8)), BIRTH)

    assert [r.value for r in resolved.decoded.readings] == [-1.0]


def test_an_alias_given_twice_in_a_birth_is_nobodys() -> None:
    twice = read_birth(payload(metric("a", 1.0, alias=1), metric("b", 1.0, alias=1), metric("c", 1.0, alias=2)), None)
    sent = payload(metric(value=1.0, alias=1, stated=False), metric(value=2.0, alias=2, stated=False))

    decoded = decode_data(sent, twice).decoded

    assert [r.metric for r in decoded.readings] == ["c"]
    assert [r.reason for r in decoded.rejections] == ["ambiguous_alias"]


def test_data_may_leave_out_the_prefix_that_the_birth_had() -> None:
    prefixed = read_birth(payload(metric("ATTR/temp", 1), metric("DATA/temp", 1.0), metric("DATA/a/b", 1.0)), None)
    sent = payload(metric("temp", 20.5, stated=False), metric("a/b", 1.5, stated=False))

    decoded = decode_data(sent, prefixed).decoded

    assert [(r.metric, r.value) for r in decoded.readings] == [("DATA/temp", 20.5), ("DATA/a/b", 1.5)]


def test_a_name_below_two_prefixes_is_nobodys() -> None:
    prefixed = read_birth(payload(metric("in/temp", 1.0), metric("out/temp", 2.0)), None)

    decoded = decode_data(payload(metric("temp", 1.0, stated=False)), prefixed).decoded

    assert [r.reason for r in decoded.rejections] == ["no_birth"]


def test_a_timestamp_that_stands_still_since_the_birth_gives_way_to_the_messages_own() -> None:
    times = [START + n * SECOND for n in (1, 2, 3)]
    sent = [decode_data(payload(metric("km", 1.0, at=START), at=at), BIRTH) for at in times]

    assert [resolved.decoded.readings[0].at for resolved in sent] == times
    assert {resolved.frozen for resolved in sent} == {("km",)}


def test_a_historical_value_keeps_the_births_own_instant() -> None:
    sent = payload(metric("km", 1.0, at=START, is_historical=True), at=START + SECOND)

    assert decode_data(sent, BIRTH).decoded.readings[0].at == START


def test_a_rebirth_repeats_old_values_at_their_old_instants() -> None:
    again = payload(metric("km", 1000.0, alias=1, at=START), at=START + SECOND)

    resolved = decode_birth(again, read_birth(again, BIRTH))

    assert resolved.decoded.readings[0].at == START
    assert resolved.frozen == ()


def test_a_rebirth_with_another_value_at_the_old_instant_has_a_clock_that_stands() -> None:
    again = payload(metric("km", 1002.0, alias=1, at=START), at=START + SECOND)
    reborn = read_birth(again, BIRTH)
    later = payload(metric("km", 1002.0, alias=1, at=START), at=START + 2 * SECOND)

    assert decode_birth(again, reborn).decoded.readings[0].at == START + SECOND
    assert decode_birth(later, read_birth(later, reborn)).decoded.readings[0].at == START + 2 * SECOND


def test_births_that_mean_the_same_have_the_same_digest_whatever_they_show() -> None:
    one = read_birth(payload(metric("a", 1.0, alias=1), metric("b", 1, pb.Int8)), None)
    same = read_birth(payload(metric("b", 9, pb.Int8), metric("a", 5.0, alias=1), at=START + SECOND), None)
    other = read_birth(payload(metric("a", 1.0, alias=2), metric("b", 1, pb.Int8)), None)

    assert one.digest() == same.digest()
    assert one.digest() != other.digest()


def test_a_definition_of_a_template_is_no_value() -> None:
    definition = Metric(name=b"_types_/motor", datatype=pb.Template)
    definition.template_value.is_definition = True

    decoded = decode_birth(payload(definition), NO_BIRTH).decoded

    assert decoded == Decoded((), (), repeats=True)
