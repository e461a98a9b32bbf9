"""Wind turbines, the contract's year from July 2025 to June 2026 by hand: 8,760 hours.

wt-1, by time: 60 h without data and 80 h of a grid outage, which both sides accept, are left out. Down are the 20 h of
another one, which the customer rejected, and 400 h of a fault: 420. Up 8,760 - 60 - 80 - 420 = 8,200 of 8,620 h, which
is 95.1276 %. Output 7,150 - 1,000 = 6,150 MWh, worth 80 each: 492,000.
    (0.97 / (8,200 / 8,620) - 1) x 492,000 = (8,361.4 - 8,200) / 8,200 x 492,000 = 161.4 x 60 = 9,684

wt-1, by production: lost 250 MWh, 6,150 / 6,400 = 96.0937 %.
    (0.975 / (6,150 / 6,400) - 1) x 492,000 = (6,240 - 6,150) / 6,150 x 492,000 = 90 x 80 = 7,200

The higher is owed, and at most 30 % of twelve fees of 2,500: 9,000 of 9,684. Taken back: 684 + 7,200 = 7,884.

wt-2: down 10 days 22 h 48 min = 262.8 h, 3 % of 8,760 h: 97 % exactly. 6,000 / 6,100 = 98.36 %.
"""

from fractions import Fraction
from pathlib import Path

from click.testing import CliRunner

from tests.templates.worked import (
    TEMPLATES,
    Statement,
    charges,
    evaluate,
    evidence_of,
    findings,
    line,
    seconds,
    spans,
    totals,
    value,
    verdict,
)
from vouch.__main__ import main

SLUG = "wind_turbine"
H = 3600


def month(name: str) -> Statement:
    return evaluate(SLUG, name)


def fees() -> list[tuple[object, ...]]:
    return [("service", turbine, Fraction(1), "MON", None, "2500.00") for turbine in ("wt-1", "wt-2")]


def damages(price: str, turbine: str, amount: str) -> tuple[object, ...]:
    return (price, turbine, Fraction(0 if amount == "0.00" else -1), "C62", None, amount)


def test_before_the_year_is_over_only_fees_are_charged() -> None:
    found = month("2026-05")

    assert verdict(found, "time-promise", "wt-1") == "not_due"
    assert charges(found) == fees()
    assert totals(found) == ("5000.00", "950.00", "5950.00")


def test_availability_by_time_leaves_out_what_is_unknown_and_what_is_excused() -> None:
    found = month("2026-06")

    assert seconds(found, "by-time", "wt-1") == {
        "up": 8_200 * H,
        "down": 420 * H,
        "excused": 80 * H,
        "unknown": 60 * H,
    }
    assert value(found, "by-time", "wt-1") == Fraction(8_200, 8_620)
    assert value(found, "by-time", "wt-2") == Fraction(97, 100)
    assert [verdict(found, "time-promise", turbine) for turbine in ("wt-1", "wt-2")] == ["missed", "met"]


def test_an_event_that_the_customer_rejected_is_not_excused() -> None:
    assert spans(month("2025-10"), "excused", "wt-1") == [("2025-10-10T00:00:00Z", "2025-10-13T08:00:00Z", "granted")]
    assert spans(month("2025-11"), "excused", "wt-1") == [("2025-11-20T00:00:00Z", "2025-11-20T20:00:00Z", "rejected")]


def test_availability_by_production_is_output_over_what_could_have_been() -> None:
    found = month("2026-06")

    assert value(found, "by-production", "wt-1") == Fraction(6_150, 6_400)
    assert value(found, "by-production", "wt-2") == Fraction(6_000, 6_100)
    assert [verdict(found, "production-promise", turbine) for turbine in ("wt-1", "wt-2")] == ["missed", "met"]


def test_the_years_damages_are_in_proportion_to_the_output_and_capped() -> None:
    found = month("2026-06")

    assert charges(found) == [
        *fees(),
        damages("time-damages", "wt-1", "-9684.00"),
        damages("time-damages", "wt-2", "0.00"),
        damages("production-damages", "wt-1", "-7200.00"),
        damages("production-damages", "wt-2", "0.00"),
        ("limits", "wt-1", Fraction(1), "C62", None, "7884.00"),
    ]
    assert line(found, "time-damages", "wt-1")["text"] == (
        "Availability by time, wt-1: availability 95.1276 %, below the guaranteed 97 %, "
        "credit 1.9682 % of the worth of output"
    )
    # 5,000 - 9,000, and 19 % of it
    assert totals(found) == ("-4000.00", "-760.00", "-4760.00")


def test_months_without_an_estimate_of_losses_are_said() -> None:
    # June has readings of the energy meters at its end, and no loss of either turbine.
    assert findings(month("2026-06")) == ["no_readings", "no_readings"]


def test_output_is_worth_something_over_the_promises_own_window_only(tmp_path: Path) -> None:
    text = (TEMPLATES / SLUG / "contract.yaml").read_text()
    before, after = text.split("unit: MWH", 1)
    file = tmp_path / "contract.yaml"
    yearly = "window: {months: 12, kind: contract, partial: judge}"
    file.write_text(before + "unit: MWH" + after.replace(yearly, "window: month", 1))

    said = CliRunner().invoke(main, ["contract", "check", str(file), "--evidence", str(evidence_of(SLUG))])

    assert said.exit_code == 2
    assert "'output' has another window than 'by-time', of which the promise is" in said.stderr
