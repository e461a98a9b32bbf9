"""Presence: intervals from what was said, what was measured, and when vouch listened."""

from datetime import UTC, datetime, timedelta

from ingest.notes import Clue
from ingest.presence.intervals import Cause, Event, Interval, Presence, Record, gaps_between, intervals, spoken_spans
from vouch.period import Period

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
LIMIT = timedelta(minutes=5)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def span(first: float, last: float) -> Period:
    return Period(at(first), at(last))


def said(
    minute: float,
    evidence: Clue,
    received: float | None = None,
    heard_since: float | None = None,
) -> Event:
    return Event(
        at(minute),
        evidence is Clue.BIRTH,
        evidence,
        "",
        at(minute if received is None else received),
        None if heard_since is None else at(heard_since),
    )


def told(
    events: list[Event] | None = None,
    heard: list[Period] | None = None,
    gaps: list[Period] | None = None,
    window: Period | None = None,
) -> list[Interval]:
    return intervals(Record(events or [], heard or [], gaps or [], LIMIT), window or span(0, 60))


def drawn(found: list[Interval]) -> str:
    """Presence and its first minute, one after the other."""
    return " ".join(f"{one.presence}@{(one.period.start - NOON) / timedelta(minutes=1):g}" for one in found)


def test_a_device_is_there_from_its_birth_until_the_silence_limit_has_passed() -> None:
    assert drawn(told([said(10, Clue.BIRTH)])) == "unknown@0 online@10 silent@15"


def test_readings_keep_a_device_there() -> None:
    assert drawn(told([said(10, Clue.BIRTH)], [span(12, 40)])) == "unknown@0 online@10 silent@45"


def test_a_device_that_says_nothing_but_readings_is_there_from_the_first_one() -> None:
    found = told(heard=[span(10, 58)])

    assert drawn(found) == "unknown@0 online@10"
    assert found[1].begins.cause is Cause.READING


def test_a_death_ends_what_the_last_reading_would_carry() -> None:
    found = told([said(20, Clue.WILL), said(30, Clue.BIRTH)], [span(0, 19), span(31, 60)])

    assert drawn(found) == "online@0 offline@20 online@30"
    assert [one.begins.cause for one in found] == [Cause.READING, Cause.WILL, Cause.BIRTH]
    assert [one.ends.cause for one in found] == [Cause.WILL, Cause.BIRTH, Cause.ASKED]


def test_what_was_measured_while_a_device_was_gone_does_not_bring_it_back() -> None:
    found = told([said(20, Clue.DEATH), said(30, Clue.BIRTH)], [span(0, 60)])

    assert drawn(found) == "online@0 offline@20 online@30"


def test_what_was_received_while_a_device_was_said_to_be_gone_brings_it_back() -> None:
    found = told([said(20, Clue.WILL, heard_since=22)], [span(0, 19), span(22, 60)])

    assert drawn(found) == "online@0 offline@20 online@22"
    assert found[2].begins.cause is Cause.READING


def test_a_device_never_stays_gone_once_it_has_said_that_it_is_back() -> None:
    # Its clock is ten minutes behind: by its own word it was back before the broker published its will.
    found = told([said(20, Clue.WILL), said(10.5, Clue.BIRTH, received=20.5)], [span(0, 60)])

    assert drawn(found) == "online@0"


def test_nothing_counts_before_it_was_received() -> None:
    # Its clock is a day ahead.
    found = told([said(24 * 60 + 10, Clue.BIRTH, received=10)])

    assert drawn(found) == "unknown@0 online@10 silent@15"


def test_a_second_word_that_a_device_is_gone_changes_nothing() -> None:
    events = [said(5, Clue.BIRTH), said(8, Clue.WILL), said(20, Clue.DEATH)]

    assert drawn(told(events)) == "unknown@0 online@5 offline@8"


def test_a_suspicion_counts_once_the_silence_limit_has_passed() -> None:
    assert drawn(told([said(20, Clue.SUSPICION)], [span(0, 19)])) == "online@0 offline@20"


def test_a_suspicion_counts_for_nothing_before_the_limit_has_passed() -> None:
    found = told([said(20, Clue.SUSPICION)], [span(0, 19)], window=span(0, 23))

    assert drawn(found) == "online@0"


def test_a_suspicion_is_dropped_when_the_device_is_heard_within_the_limit() -> None:
    assert drawn(told([said(20, Clue.SUSPICION)], [span(0, 24)])) == "online@0 silent@29"
    assert drawn(told([said(20, Clue.SUSPICION), said(24, Clue.BIRTH)], [span(0, 19)])) == "online@0 silent@29"


def test_a_late_reading_ends_a_silence_as_if_it_had_come_in_time() -> None:
    assert drawn(told(heard=[span(0, 10), span(40, 60)])) == "online@0 silent@15 online@40"
    assert drawn(told(heard=[span(0, 10), span(20, 20), span(40, 60)])) == (
        "online@0 silent@15 online@20 silent@25 online@40"
    )


def test_silence_while_vouch_did_not_listen_is_not_the_devices() -> None:
    found = told(heard=[span(0, 10), span(55, 60)], gaps=[span(20, 40)])

    # Vouch must have listened for the whole limit before silence proves anything.
    assert drawn(found) == "online@0 silent@15 not_listening@20 silent@45 online@55"
    assert found[2].begins.at == at(20)


def test_what_comes_after_an_outage_of_ours_fills_it() -> None:
    # The broker kept it: readings measured in the gap show that the device was there.
    assert drawn(told(heard=[span(0, 60)], gaps=[span(20, 40)])) == "online@0"


def test_a_device_that_was_said_to_be_gone_is_gone_whether_we_listen_or_not() -> None:
    assert drawn(told([said(5, Clue.DEATH)], gaps=[span(20, 40)])) == "unknown@0 offline@5"


def test_a_lost_link_of_ours_leaves_the_device_untold() -> None:
    found = told([said(20, Clue.LINK_LOST), said(30, Clue.BIRTH)], [span(0, 19), span(30, 60)])

    assert drawn(found) == "online@0 not_listening@24 online@30"
    assert found[1].begins.cause is Cause.LINK_LOST


def test_an_interval_that_began_before_the_window_keeps_its_evidence() -> None:
    (found,) = told([said(-600, Clue.WILL)])

    assert (found.presence, found.period, found.begins.at) == (Presence.OFFLINE, span(0, 60), at(-600))


def test_a_device_nobody_has_heard_of_is_unknown() -> None:
    assert drawn(told()) == "unknown@0"


def test_spans_of_several_metrics_are_one_where_no_wait_is_longer_than_the_limit() -> None:
    spans = [span(0, 10), span(3, 4), span(15, 20), span(26, 30)]

    assert spoken_spans(spans, LIMIT) == [span(0, 20), span(26, 30)]


def test_gaps_lie_between_all_processes_together() -> None:
    listened = [span(0, 10), span(5, 20), span(30, 40)]

    assert gaps_between(listened, at(60)) == [span(20, 30), span(40, 60)]
    assert gaps_between([], at(60)) == []
