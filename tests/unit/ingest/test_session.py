"""Which process takes what, and under which name the broker keeps it."""

from ingest.broker.session import session_of
from ingest.sparkplug_topics import FILTERS as SPARKPLUG_FILTERS
from ingest.topics import DEVICE_FILTERS, PRESENCE_FILTER, matches, receipt_topic, telemetry_topic


def test_the_only_process_takes_everything_unshared() -> None:
    session = session_of("vouch-ingest", None)

    assert session.client_id == "vouch-ingest"
    assert session.first
    assert session.filters == (*DEVICE_FILTERS, "vouch/v1/vouch-ingest/canary")


def test_every_slot_has_a_name_of_its_own_and_shares_what_needs_no_order() -> None:
    one, two = session_of("vouch-ingest", 1), session_of("vouch-ingest", 2)

    assert (one.client_id, two.client_id) == ("vouch-ingest-1", "vouch-ingest-2")
    assert (one.first, two.first) == (True, False)
    assert PRESENCE_FILTER in one.filters
    assert not any("presence" in filter_ for filter_ in two.filters)
    shared = {filter_ for filter_ in two.filters if filter_.startswith("$share/")}
    assert shared == {f"$share/vouch/{filter_}" for filter_ in DEVICE_FILTERS if filter_ != PRESENCE_FILTER}
    assert shared < set(one.filters)
    assert set(two.filters) - shared == {"vouch/v1/vouch-ingest-2/canary"}


def test_edge_nodes_are_heard_unshared_by_the_first_process_alone() -> None:
    only = session_of("vouch-ingest", None, sparkplug=True)
    one, two = (session_of("vouch-ingest", slot, sparkplug=True) for slot in (1, 2))
    without = session_of("vouch-ingest", None)

    assert set(SPARKPLUG_FILTERS) < set(only.filters)
    assert set(SPARKPLUG_FILTERS) < set(one.filters)
    assert not any("spBv1.0" in filter_ for filter_ in (*two.filters, *without.filters))
    assert without.dropped == SPARKPLUG_FILTERS


def test_answers_go_to_receipt_topics_only() -> None:
    allowed = "vouch/v1/+/receipt"

    assert matches(receipt_topic("device-1"), allowed)
    for topic in (
        telemetry_topic("device-1"),
        "vouch/v1/a/b/receipt",
        "vouch/v1/receipt",
        "vouch/v1/+/receipt",
        "vouch/v1/#",
        "$SYS/broker",
        "",
        "vouch/v1/a/receipt/x",
    ):
        assert not matches(topic, allowed), topic


def test_a_hash_takes_all_that_is_below_and_never_what_begins_with_a_dollar() -> None:
    assert matches("a/b/c", "a/#")
    assert matches("a/b", "#")
    assert matches("a", "+")
    assert not matches("b/c", "a/#")
    assert not matches("$SYS/x", "#")
    assert not matches("$SYS", "+")
