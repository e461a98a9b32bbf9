from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from device_sim.faults import Fault, FaultKind, Habits, Observation, Service
from device_sim.signals import Course, Leg, wall_second
from device_sim.truth import Promise, Witness, truth_of

BERLIN = ZoneInfo("Europe/Berlin")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
START, END = wall_second(OCTOBER, 0, BERLIN), wall_second(NOVEMBER, 0, BERLIN)
HOUR = 3600
HABITS = Habits("km", 1, "state", moving=300, resting=300, upload=900)
ALWAYS = dict.fromkeys(range(7), ((0, 1440),))
PROMISE = Promise(
    up=frozenset({"UP"}), down=frozenset({"DOWN"}), hours=ALWAYS, planned={}, allowance_hours=0, hold_seconds=900
)
ONE_DEVICE = (Service("van-1", START - 24 * HOUR, None, START, END, 0),)


def said(at: int, km: str, state: str = "UP", device: str = "van-1") -> Observation:
    return Observation(device, at, at, {"state": state, "km": Decimal(km)})


def truth(
    observations: Sequence[Observation],
    *,
    services: Sequence[Service] = ONE_DEVICE,
    faults: Sequence[Fault] = (),
    legs: Sequence[Leg] = (),
    promise: Promise = PROMISE,
    in_service: tuple[int, int | None] = (START, None),
) -> list[dict[str, Any]]:
    witness = Witness("van", "vans", in_service, Course(legs), services, observations, faults)
    return list(truth_of(witness, [OCTOBER, NOVEMBER], BERLIN, HABITS, promise)["months"])


def test_a_reading_at_midnight_closes_one_month_and_opens_the_next() -> None:
    october, november = truth([said(START, "10.0"), said(END, "14.5"), said(END + HOUR, "15.0")])

    assert (october["use"]["km"], november["use"]["km"]) == ("4.5", "0.5")


def test_use_belongs_to_the_month_of_the_reading_that_reveals_it() -> None:
    october, november = truth([said(START, "10.0"), said(END - HOUR, "12.0"), said(END + HOUR, "15.0")])

    assert (october["use"]["km"], november["use"]["km"]) == ("2.0", "3.0")


def test_use_since_the_last_reading_before_the_month_belongs_to_it() -> None:
    october, _ = truth([said(START - HOUR, "10.0"), said(START + HOUR, "12.0")])

    assert october["use"]["km"] == "2.0"


def test_after_a_reset_the_counter_counts_from_zero_and_what_it_never_showed_is_unreported() -> None:
    reset = Fault(FaultKind.RESET, START + 2 * HOUR, START + 2 * HOUR)

    october, _ = truth(
        [said(START, "10.0"), said(START + HOUR, "20.0"), said(START + 3 * HOUR, "7.0")],
        faults=[reset],
        legs=[Leg(START, START + HOUR, 100), Leg(START + HOUR, START + 2 * HOUR, 33)],
    )

    assert october["use"]["km"] == "17.0"
    assert october["unreported"]["km"] == "3.3"


def test_a_new_devices_first_reading_opens_its_count_and_its_state() -> None:
    swap_at = START + 2 * HOUR
    services = (
        Service("van-1", START, swap_at, START, swap_at, 0),
        Service("van-2", swap_at, None, swap_at, END, 0),
    )

    october, _ = truth(
        [
            said(START, "10.0"),
            said(swap_at - 60, "20.0"),
            said(swap_at + 500, "900.0", device="van-2"),
            said(swap_at + 600, "901.0", device="van-2"),
        ],
        services=services,
        faults=[Fault(FaultKind.SWAP, swap_at, swap_at)],
    )

    assert october["use"]["km"] == "11.0"
    # 900 s from the first reading, 60 s until the swap, 100 s and 900 s of the new device.
    assert october["state"]["all"]["up"] == 900 + 60 + 100 + 900


def test_a_state_holds_until_the_next_reading_at_most_fifteen_minutes() -> None:
    october, _ = truth([said(START, "0.0"), said(START + 300, "0.0", "DOWN"), said(START + 5000, "0.0", "OTHER")])

    assert october["state"]["all"] == {"unknown": END - START - 1200, "up": 300, "down": 900}


def test_a_state_holds_over_the_end_of_a_month() -> None:
    october, november = truth([said(END - 300, "0.0")])

    assert (october["state"]["all"]["up"], november["state"]["all"]["up"]) == (300, 600)


def test_october_in_berlin_has_an_hour_more_than_its_days_and_so_have_its_nights() -> None:
    october, november = truth([])

    assert (october["month_seconds"], november["month_seconds"]) == (745 * HOUR, 720 * HOUR)
    assert october["state"]["service"]["unknown"] == 745 * HOUR


def test_planned_time_is_left_out_earliest_first_until_the_allowance_is_used_up() -> None:
    promise = Promise(
        up=frozenset({"UP"}),
        down=frozenset({"DOWN"}),
        hours=dict.fromkeys(range(5), ((6 * 60, 22 * 60),)),
        planned={2: ((20 * 60, 23 * 60),)},
        allowance_hours=3,
        hold_seconds=900,
    )

    october, _ = truth([], promise=promise)

    # 22 weekdays of 16 hours; four Wednesdays, of whose planned hours two each lie in service hours.
    assert october["state"]["service"]["unknown"] == 22 * 16 * HOUR
    assert october["state"]["counted"]["unknown"] == (22 * 16 - 3) * HOUR
    assert october["state"]["left_out"] == 3 * HOUR


def test_what_is_out_of_service_counts_nowhere() -> None:
    middle = START + 10 * 24 * HOUR

    october, november = truth(
        [said(START, "0.0"), said(START + HOUR, "5.0"), said(middle, "6.0"), said(middle + HOUR, "8.0")],
        in_service=(START + HOUR, middle),
    )

    assert october["in_service_seconds"] == middle - START - HOUR
    assert october["use"]["km"] == "1.0"
    assert november == {"month": "2026-11", "month_seconds": 720 * HOUR, "in_service_seconds": 0}
