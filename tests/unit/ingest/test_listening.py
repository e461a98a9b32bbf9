"""When vouch itself was listening, by the canaries that came back."""

from uuid import UUID, uuid4

import pytest

from ingest.presence.listening import Listening

RUN = UUID(int=7)
SECOND = 1_000_000
START = 1_791_000_000 * SECOND


def listening() -> Listening:
    return Listening(RUN, "vouch-ingest", 5)


def test_canaries_that_follow_each_other_make_one_stretch() -> None:
    ours = listening()

    for n in range(4):
        stretch = ours.heard(ours.canary(START + n * 5 * SECOND))

    assert stretch is not None
    assert (stretch.run, stretch.client, stretch.since, stretch.until) == (
        RUN,
        "vouch-ingest",
        START,
        START + 15 * SECOND,
    )


def test_more_than_three_periods_without_one_begin_a_new_stretch() -> None:
    ours = listening()
    ours.heard(ours.canary(START))

    near = ours.heard(ours.canary(START + 15 * SECOND))
    far = ours.heard(ours.canary(START + 31 * SECOND))

    assert near is not None
    assert near.since == START
    assert far is not None
    assert far.since == START + 31 * SECOND


def test_a_canary_again_or_out_of_order_changes_nothing() -> None:
    ours = listening()
    first, second = ours.canary(START), ours.canary(START + 5 * SECOND)
    ours.heard(first)
    known = ours.heard(second)

    assert ours.heard(second) == ours.heard(first) == known


def test_a_canary_of_another_run_proves_nothing_about_this_one() -> None:
    assert listening().heard(Listening(uuid4(), "vouch-ingest", 5).canary(START)) is None


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b"{}", b'{"run": 1}', b"[" * 100_000])
def test_what_is_no_canary_proves_nothing(payload: bytes) -> None:
    assert listening().heard(payload) is None


def test_a_canary_without_an_instant_proves_nothing() -> None:
    assert listening().heard(f'{{"run": "{RUN}", "sent_at": "now"}}'.encode()) is None


def test_only_what_is_committed_counts_as_heard() -> None:
    ours = listening()
    stretch = ours.heard(ours.canary(START))

    assert ours.silent_for(START + SECOND) is None

    assert stretch is not None
    ours.committed(stretch)

    assert ours.silent_for(START + SECOND) == SECOND
