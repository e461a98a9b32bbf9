import itertools
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from device_sim.faults import (
    Fault,
    FaultKind,
    Habits,
    Observation,
    Service,
    observe,
    plan_faults,
    plan_services,
    send,
)
from device_sim.signals import READY, RUNNING, Course, Leg, Life, Spell, dice, utc

HOUR = 3600
T = 1_790_000_000 - 1_790_000_000 % (24 * HOUR)
MONTH = 30 * 24 * HOUR
HABITS = Habits("odometer_km", 1, "state", moving=300, resting=300, upload=900)
# A steady kilometre a minute from the second to the third hour.
LIFE = Life(
    Course([Leg(T + HOUR, T + 2 * HOUR, 600)]),
    (Spell(T, T + HOUR, READY), Spell(T + HOUR, T + 2 * HOUR, RUNNING), Spell(T + 2 * HOUR, T + 9 * HOUR, READY)),
)
DEVICE = Service("van-01-1", T, None, T, T + 4 * HOUR, base=5)


def seen(*faults: Fault) -> list[Observation]:
    return observe(LIFE, DEVICE, HABITS, faults)


def kilometres(observations: list[Observation]) -> list[str]:
    return [str(observation.values["odometer_km"]) for observation in observations]


def test_three_assets_in_a_row_have_every_fault_and_seven_of_ten_have_some() -> None:
    plans = [plan_faults(dice("s", index), index, T, T + MONTH) for index in range(10)]

    assert {fault.kind for plan in plans[:3] for fault in plan} == set(FaultKind)
    assert [len(plan) for plan in plans] == [3] * 7 + [0] * 3


def test_a_device_measures_every_five_minutes_and_shows_its_base_first() -> None:
    observations = seen()

    assert [o.true_at - T for o in observations] == list(range(0, 4 * HOUR + 1, 300))
    assert kilometres(observations)[0] == "0.5"
    assert kilometres(observations)[-1] == "60.5"


def test_a_silent_device_measures_nothing_and_starts_with_an_unknown_state() -> None:
    observations = seen(Fault(FaultKind.SILENCE, T + HOUR, T + 2 * HOUR + 10))

    inside = [o for o in observations if T + HOUR <= o.true_at < T + 2 * HOUR + 10]
    after = [(o.true_at - T - 2 * HOUR, o.values["state"]) for o in observations if o.true_at > T + 2 * HOUR][:3]
    assert inside == []
    assert after == [(10, "UNKNOWN"), (130, "READY"), (300, "READY")]


def test_a_reset_counter_starts_again_from_zero() -> None:
    observations = seen(Fault(FaultKind.RESET, T + HOUR + 1800, T + HOUR + 1800))

    shown = dict(zip((o.true_at - T for o in observations), kilometres(observations), strict=True))
    assert shown[HOUR + 1500] == "25.5"
    assert shown[HOUR + 1800] == "0.0"
    assert shown[2 * HOUR] == "30.0"


def test_a_clock_that_is_ahead_never_repeats_an_instant_when_it_is_set_right() -> None:
    observations = seen(Fault(FaultKind.SKEW, T + 100, T + HOUR, 400))

    assert observations[1].measured_at == T + 300 + 400
    assert all(a.measured_at < b.measured_at for a, b in itertools.pairwise(observations))


def test_a_swap_ends_one_device_and_starts_the_next_with_a_counter_of_its_own() -> None:
    swap = Fault(FaultKind.SWAP, T + 2 * HOUR, T + 2 * HOUR)

    old, new = plan_services(dice("s"), "van-01", [swap], T, T + 9 * HOUR, base=70_000)

    assert (old.device, old.until, new.device, new.since, new.until) == (
        "van-01-1", T + 2 * HOUR, "van-01-2", T + 2 * HOUR, None,
    )  # fmt: skip
    assert old.last_at < T + 2 * HOUR < new.first_at
    assert new.base < 100


def test_messages_kept_in_an_outage_come_afterwards_and_hold_many_measurements() -> None:
    observations = seen()

    messages = send(dice("s"), observations, HABITS, [Fault(FaultKind.LATE, T + HOUR, T + 3 * HOUR)])

    late = [m for m in messages if m.measurements[0][0] < utc(T + 3 * HOUR) <= m.sent_at]
    assert len(late) == 1
    assert len(late[0].measurements) >= 23
    assert sum(len(m.measurements) for m in messages) == len(observations)


def test_a_repeated_message_is_the_same_to_the_byte() -> None:
    messages = send(dice("s"), seen(), HABITS, [Fault(FaultKind.DUPLICATE, T, T + 9 * HOUR)])

    repeated = [n for n in Counter(m.payload for m in messages).values() if n > 1]
    assert repeated
    assert set(repeated) == {2}


def test_disorder_turns_the_order_within_and_between_messages_and_loses_nothing() -> None:
    observations = seen()

    messages = send(dice("s"), observations, HABITS, [Fault(FaultKind.DISORDER, T, T + 9 * HOUR)])

    ordered = sorted(messages, key=lambda message: message.sent_at)
    arrived = [at for message in ordered for at, _ in message.measurements]
    assert arrived != sorted(arrived)
    assert sorted(arrived) == [utc(o.measured_at) for o in observations]


def test_a_change_of_state_is_sent_at_once() -> None:
    messages = send(dice("s"), seen(), replace(HABITS, upload=4 * HOUR), [])

    first = next(m for m in messages if m.measurements[-1][1]["state"] == RUNNING)
    assert first.measurements[-1][0] == utc(T + HOUR)
    assert 0 < (first.sent_at - utc(T + HOUR)).total_seconds() <= 5


def test_two_devices_never_share_a_message() -> None:
    old = seen()[:3]
    new = [replace(observation, device="van-01-2") for observation in seen()[3:6]]

    for faults in ([], [Fault(FaultKind.LATE, T, T + 9 * HOUR)]):
        messages = send(dice("s"), [*old, *new], replace(HABITS, upload=4 * HOUR), faults)
        said = {(m.device, at) for m in messages for at, _ in m.measurements}
        assert said == {(o.device, utc(o.measured_at)) for o in [*old, *new]}


def test_values_are_decimals_of_the_counters_resolution() -> None:
    assert all(
        isinstance(o.values["odometer_km"], Decimal) and o.values["odometer_km"].as_tuple().exponent == -1
        for o in seen()
    )
