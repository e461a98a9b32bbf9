"""Whether an ingest process does its work, judged from what can be seen of it."""

import json
from dataclasses import replace

import pytest

from ingest.vitals import Status, Vitals, is_deaf, judge

WELL = Vitals(
    up_seconds=600,
    canary_seconds=5,
    connected=True,
    subscribed=True,
    away_seconds=0,
    network_thread=True,
    committer_thread=True,
    unproven_seconds=4,
    canaries_out=1,
    quiet_seconds=4,
    control_away_seconds=0,
    host_away_seconds=0,
    messages_in_flight=0,
    waiting_seconds=0,
    database=True,
    queue_fill=0,
    dropped=0,
    dropped_seconds=None,
)
DEAF = replace(WELL, unproven_seconds=16, canaries_out=3, quiet_seconds=16)


def test_a_process_that_hears_and_stores_is_well() -> None:
    found = judge(WELL)

    assert (found.status, found.reasons) == (Status.OK, ())
    assert json.dumps(found.as_json()).startswith('{"status": "ok", "reasons": []')


@pytest.mark.parametrize(
    ("vitals", "reason"),
    [
        (replace(WELL, network_thread=False), "network thread"),
        (replace(WELL, committer_thread=False), "committing thread"),
        (replace(WELL, connected=False, subscribed=False, away_seconds=20), "not connected to the broker for 20 s"),
        (replace(WELL, subscribed=False, away_seconds=20), "not subscribed for 20 s"),
        (DEAF, "deaf"),
        (replace(WELL, database=False, messages_in_flight=7), "the database is away and 7 messages wait"),
        (replace(WELL, messages_in_flight=7, waiting_seconds=31), "nothing committed for 31 s while 7 messages wait"),
    ],
)
def test_what_takes_nothing_in_or_stores_nothing_fails(vitals: Vitals, reason: str) -> None:
    found = judge(vitals)

    assert found.status is Status.FAILING
    assert reason in found.reasons[0]


@pytest.mark.parametrize(
    ("vitals", "reason"),
    [
        (replace(WELL, database=False), "the database was away"),
        (replace(WELL, control_away_seconds=20), "hearing cannot be proven"),
        (replace(WELL, host_away_seconds=20), "the Sparkplug host has not said"),
        (replace(WELL, unproven_seconds=100, canaries_out=20, messages_in_flight=9), "behind"),
        (replace(WELL, dropped=40, dropped_seconds=12), "dropped 40 messages"),
    ],
)
def test_what_works_with_something_wrong_is_degraded(vitals: Vitals, reason: str) -> None:
    found = judge(vitals)

    assert found.status is Status.DEGRADED
    assert reason in found.reasons[0]


def test_a_broker_that_starts_again_is_no_failure_yet() -> None:
    assert judge(replace(WELL, connected=False, subscribed=False, away_seconds=3)).status is Status.OK


def test_what_the_broker_dropped_long_ago_is_no_longer_said() -> None:
    assert judge(replace(WELL, dropped=40, dropped_seconds=4000)).status is Status.OK


@pytest.mark.parametrize(
    "vitals",
    [
        # A backlog comes first: the canary waits behind it.
        replace(DEAF, quiet_seconds=0.1),
        # What came is not stored yet; the broker sends no more than may be unacknowledged.
        replace(DEAF, messages_in_flight=16_000),
        # Nothing was published that could have come back.
        replace(DEAF, canaries_out=0),
        replace(DEAF, connected=False, subscribed=False),
        WELL,
    ],
)
def test_a_session_is_deaf_only_where_nothing_else_explains_its_silence(vitals: Vitals) -> None:
    assert is_deaf(DEAF)
    assert not is_deaf(vitals)
