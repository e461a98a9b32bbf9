"""Compressed air, three months by hand. Working hours are Monday to Friday from 6 to 22, 16 h a day.

February  120,000 m³ x 0.021 = 2,520. Working hours 20 x 16 = 320. On the 10th the pressure fell below 6.8 at 10:00; at
          10:40 it was 6.82, which is not back yet, and at 11:36 6.9: 96 min out, 0.5 % of 320 h. 99.5 % exactly.
March     90,000 m³ x 0.021 = 1,890, and 10,000 m³ short x 0.014 = 140. Working hours 22 x 16 = 352. On the 12th out for
          5 h 16 min 48 s = 5.28 h, 1.5 %; the Sunday below 6.8 does not count. 98.5 % is one point short, two steps of
          half a point: 4 % of 1,800 + 1,890 = 147.60.
April     the supplier stopped the station for 36 h of the 720 h of April, 5 %, on a weekend: the minimum is 95,000 m³,
          and 95,000 m³ x 0.021 = 1,995 were used. 7.5 bar belongs to the band.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import (
    Statement,
    charges,
    evaluate,
    finding,
    findings,
    line,
    seconds,
    spans,
    totals,
    value,
    verdict,
)

SLUG = "compressed_air"
STATION = "station-1"
H = 3600


def month(name: str) -> Statement:
    return evaluate(SLUG, name)


def lines_of(cubic_metres: int, work: str, short: int, off_take: str, credit: str) -> list[tuple[object, ...]]:
    return [
        ("base-price", STATION, Fraction(1), "MON", None, "1800.00"),
        ("work-price", STATION, Fraction(cubic_metres), "MTQ", "0.021", work),
        ("off-take", "*", Fraction(short), "MTQ", "0.014", off_take),
        ("pressure-credit", STATION, Fraction(0 if credit == "0.00" else -1), "C62", None, credit),
    ]


@pytest.mark.parametrize(
    ("name", "percent", "stands"),
    [("2026-02", "99.5", "met"), ("2026-03", "98.5", "missed"), ("2026-04", "100", "met")],
)
def test_pressure_is_the_share_of_working_hours_in_the_band(name: str, percent: str, stands: str) -> None:
    assert value(month(name), "pressure", STATION) == Fraction(percent) / 100
    assert verdict(month(name), "pressure-promise", STATION) == stands


def test_pressure_that_is_not_back_by_the_hysteresis_is_still_out() -> None:
    # February has 672 h.
    assert seconds(month("2026-02"), "pressure", STATION) == {
        "outside": (672 - 320) * H,
        "in": 320 * H - 96 * 60,
        "out": 96 * 60,
    }


def test_february_keeps_all_promises_exactly() -> None:
    found = month("2026-02")

    assert charges(found) == lines_of(120_000, "2520.00", 0, "0.00", "0.00")
    assert line(found, "off-take")["text"] == "Minimum off-take, 120000 of at least 100000 m³"
    assert totals(found) == ("4320.00", "820.80", "5140.80")
    assert findings(found) == []


def test_march_pays_for_what_is_missing_and_credits_poor_pressure() -> None:
    found = month("2026-03")

    assert charges(found) == lines_of(90_000, "1890.00", 10_000, "140.00", "-147.60")
    assert line(found, "pressure-credit")["text"] == (
        "Pressure, station-1: share in band 98.5000 %, below the guaranteed 99.5 %, credit 4 % of the charges"
    )
    # 1,800 + 1,890 + 140 - 147.60 = 3,682.40; 19 % are 699.656
    assert totals(found) == ("3682.40", "699.66", "4382.06")


def test_a_stop_of_the_suppliers_own_lowers_the_minimum() -> None:
    found = month("2026-04")

    assert spans(found, "stops", STATION) == [("2026-04-10T22:00:00Z", "2026-04-12T10:00:00Z", "granted")]
    assert charges(found) == lines_of(95_000, "1995.00", 0, "0.00", "0.00")
    assert line(found, "off-take")["text"] == "Minimum off-take, 95000 of at least 95000 m³"
    assert findings(found) == ["minimum_reduced"]
    assert finding(found, "minimum_reduced")["waived_micros"] == 36 * H * 1_000_000
    assert totals(found) == ("3795.00", "721.05", "4516.05")
