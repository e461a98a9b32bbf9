from datetime import timedelta

import pytest

from device_sim.message import Message
from device_sim.pace import due_offsets
from device_sim.signals import utc
from vouch.errors import Invalid

START = utc(1_790_000_000)
MESSAGES = [Message("van-1", START + timedelta(seconds=s), ()) for s in (0, 60, 120, 600)]


def test_without_bounds_everything_may_go_at_once() -> None:
    assert [offset for offset, _ in due_offsets(MESSAGES)] == [0, 0, 0, 0]


def test_a_rate_spaces_messages_evenly() -> None:
    assert [offset for offset, _ in due_offsets(MESSAGES, rate=4)] == [0, 0.25, 0.5, 0.75]


def test_a_speed_of_sixty_lets_a_minute_pass_in_a_second() -> None:
    assert [offset for offset, _ in due_offsets(MESSAGES, speed=60)] == [0, 1, 2, 10]


def test_live_messages_wait_for_their_own_time_and_past_ones_do_not() -> None:
    live = due_offsets(MESSAGES, speed=1, live_from=START + timedelta(seconds=100))

    assert [max(0, offset) for offset, _ in live] == [0, 0, 20, 500]


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(Invalid, match="not negative"):
        due_offsets(MESSAGES, rate=-1)
