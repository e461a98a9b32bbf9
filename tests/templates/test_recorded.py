"""Recorded sets as folders of evidence: every line recomputed here from the files by plain loops, to the cent.

The sets are not part of the repository: VOUCH_DATA names their place. Their origin and licences: docs/simulator.md.
"""

import csv
import gzip
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.templates.worked import Statement, charges, finding, findings, line, lines, run, totals, value
from vouch.__main__ import main

DATA = Path(os.environ.get("VOUCH_DATA") or Path(__file__).parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not (DATA / "hill_of_towie").is_dir(), reason=f"the recorded sets are not part of the repository: none in {DATA}"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of evidence that `vouch replay --evidence` writes of the three sets."""
    place = tmp_path_factory.mktemp("recorded")
    for name in ("hill_of_towie", "la_haute_borne", "ev_odometer"):
        run("replay", str(DATA / name), "--evidence", str(place / name))
    return place


def evaluated(folder: Path, month: str) -> tuple[Statement, list[str]]:
    """The statement, and the lines that were left out."""
    words = ["evaluate", str(folder / "contract.yaml"), "--evidence", str(folder), "--period", month, "--json"]
    return _evaluated(tuple(words))


@lru_cache(maxsize=16)
def _evaluated(words: tuple[str, ...]) -> tuple[Statement, list[str]]:
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), result.stderr.splitlines()


def rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", newline="") as text:
        yield from csv.DictReader(text)


def cents(amount: Fraction) -> Decimal:
    """Of an amount of 0 or more, half up."""
    return Decimal((amount * 100 + Fraction(1, 2)) // 1) / 100


# Hill of Towie: GBP 5,000 a month, 97 % of the observed time ready, GBP 9.40 a running hour


def towie(first_end: str, last_end: str) -> dict[str, tuple[int, Fraction, Fraction]]:
    """Per turbine: intervals observed, seconds ready and seconds running, of those that ended from one to the other.

    The interval that ends with August's first instant is July's, the one that ends with September's first is August's.
    """
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for name in ("tblSCTurFlag_2024_07.csv.gz", "tblSCTurFlag_2024_08.csv.gz"):
        for row in rows(DATA / "hill_of_towie" / name):
            if first_end < row["TimeStamp"] <= last_end and row["wtc_ScReToOp_timeon"]:
                seen[row["StationId"], row["TimeStamp"]] = row["wtc_ScReToOp_timeon"], row["wtc_ScInOper_timeon"]
    found: dict[str, tuple[int, Fraction, Fraction]] = {}
    for (station, _), (ready, running) in seen.items():
        count, a, b = found.get(f"towie-t{int(station) - 2304509:02}", (0, Fraction(0), Fraction(0)))
        found[f"towie-t{int(station) - 2304509:02}"] = count + 1, a + Fraction(ready), b + Fraction(running)
    return found


def half_points_below(share: Fraction) -> int:
    """Started half points below 97 %."""
    return max(ceil((97 - share * 100) * 2), 0)


@pytest.mark.parametrize(
    ("month", "first_end", "last_end"),
    [
        ("2024-07", "2024-07-01 00:00:00", "2024-08-01 00:00:00"),
        ("2024-08", "2024-08-01 00:00:00", "2024-09-01 00:00:00"),
    ],
)
def test_each_turbine_of_hill_of_towie_is_billed_to_the_penny(
    written: Path, month: str, first_end: str, last_end: str
) -> None:
    statement, left_out = evaluated(written / "hill_of_towie", month)
    expected = towie(first_end, last_end)

    assert left_out == []
    assert len(expected) == 21
    net = Decimal(0)
    for turbine, (count, ready, running) in expected.items():
        share = ready / (600 * count)
        percent = min(Fraction(5, 2) * half_points_below(share), Fraction(30))
        credit = -cents(5000 * percent / 100)
        hours = cents(running / 3600 * Fraction("9.40"))
        assert value(statement, "observed", turbine) == 600 * count
        assert value(statement, "availability", turbine) == share
        assert value(statement, "used", turbine) == running / 3600
        assert [Decimal(one["amount"]) for one in lines(statement, subject=turbine)] == [5000, hours, credit]
        net += 5000 + hours + credit
    assert Decimal(totals(statement)[0]) == net
    assert findings(statement) == []


def test_august_of_hill_of_towie_has_every_interval_once_and_those_not_observed_in_neither_side(written: Path) -> None:
    expected = towie("2024-08-01 00:00:00", "2024-09-01 00:00:00")
    statement, _ = evaluated(written / "hill_of_towie", "2024-08")

    # 31 days of 144 intervals are 4,464. Some turbines miss some of them within outages, and rows without values.
    counts = [count for count, _, _ in expected.values()]
    assert max(counts) == 4464
    assert min(counts) < 4464 * Fraction(88, 100)
    assert sum(counts) == sum(
        1
        for row in rows(DATA / "hill_of_towie" / "tblSCTurFlag_2024_08.csv.gz")
        if row["TimeStamp"] > "2024-08-01 00:00:00" and row["wtc_ScReToOp_timeon"]
    )
    # Three steps of the ladder: none, one for the least shortfall, the cap.
    amounts = {one["subject"]: one["amount"] for one in lines(statement, "uptime")}
    assert (amounts["towie-t01"], amounts["towie-t14"], amounts["towie-t15"]) == ("0.00", "-125.00", "-1500.00")


# La Haute Borne: EUR 0.0824 a kilowatt-hour exported


def haute_borne(month: str) -> dict[str, dict[str, list[Fraction]]]:
    """Per turbine and label: the mean powers in kW of the intervals that are labelled so."""
    found: dict[str, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(DATA / "la_haute_borne" / "scada_2014-10_2015-03.csv.gz"):
        if row["Date_time"].startswith(month) and row["P_avg"]:
            turbine = f"haute-borne-{row['Wind_turbine_name'].lower()}"
            found[turbine][row["Date_time"]].append(Fraction(row["P_avg"]))
    return found


def test_each_turbine_of_la_haute_borne_is_billed_for_what_it_exported(written: Path) -> None:
    statement, _ = evaluated(written / "la_haute_borne", "2014-12")
    expected = haute_borne("2014-12")

    assert len(expected) == 4
    net = Decimal(0)
    for turbine, labels in expected.items():
        powers = [power for several in labels.values() for power in several]
        assert len(powers) == len(labels)
        energy = sum((power for power in powers if power > 0), Fraction(0)) / 6
        assert value(statement, "used", turbine) == energy
        amount = cents(energy * Fraction("0.0824"))
        one = line(statement, "usage", turbine)
        assert (one["unit"], one["unit_price"], Decimal(one["amount"])) == ("KWH", "0.0824", amount)
        net += amount
    assert Decimal(totals(statement)[0]) == net
    assert findings(statement) == ["events_ignored"] * 4


def test_powers_of_seventeen_digits_are_metered_as_they_were_recorded(written: Path) -> None:
    with gzip.open(written / "la_haute_borne" / "readings.csv.gz", "rt") as file:
        spelled = {text.rstrip().rpartition(",")[2] for text in file}

    assert "-0.18000001000000002" in spelled
    assert max(len(text.lstrip("-").replace(".", "").lstrip("0")) for text in spelled if text[-1].isdigit()) == 17


def test_the_doubled_labels_of_march_are_refused_by_name_and_nothing_else_is(written: Path) -> None:
    statement, left_out = evaluated(written / "la_haute_borne", "2015-03")
    expected = haute_borne("2015-03")
    doubled = [labels[at] for labels in expected.values() for at in labels if len(labels[at]) == 2]

    # Six labels a turbine came twice with other values: the lower one stands, as of any two received at once.
    assert len(doubled) == 24
    assert len(left_out) == 24
    refused = sorted(Fraction(text.split()[4]) for text in left_out)
    assert all("conflicting_value" in text for text in left_out)
    assert refused == sorted(max(pair) for pair in doubled)
    for turbine, labels in expected.items():
        standing = (min(several) for several in labels.values())
        energy = sum((power for power in standing if power > 0), Fraction(0)) / 6
        assert value(statement, "used", turbine) == energy
        assert Decimal(line(statement, "usage", turbine)["amount"]) == cents(energy * Fraction("0.0824"))


# A car: EUR 0.23 a kilometre by its high-water mark


def test_the_car_is_billed_by_the_highest_that_its_odometer_showed(written: Path) -> None:
    statement, _ = evaluated(written / "ev_odometer", "2023-01")
    shown = [
        Decimal(row["odometer"])
        for row in rows(DATA / "ev_odometer" / "monitor_2023-01_2023-02.csv.gz")
        if row["datetime"] < "2023-02-01 00:00:00+01:00"
    ]

    # 22,999.2 - 21,847.1: the stale 20,795.4 between correct readings bills nothing, neither down nor up again.
    assert (shown[0], max(shown), shown.count(Decimal("20795.4"))) == (Decimal("21847.1"), Decimal("22999.2"), 22)
    assert value(statement, "used", "car-1") == Fraction("1152.1")
    assert charges(statement) == [("usage", "car-1", Fraction("1152.1"), "KMT", "0.23", "264.98")]
    # 264.983, and 21 % of 264.98 is 55.6458.
    assert totals(statement) == ("264.98", "55.65", "320.63")


def test_what_the_car_drove_unseen_before_the_contract_is_not_billed_and_said_so(written: Path) -> None:
    statement, _ = evaluated(written / "ev_odometer", "2023-01")

    assert finding(statement, "counted_from_first")["readings"] == [["2023-01-02T15:10:09Z", "21847.1"]]
    assert set(findings(statement)) == {"counted_from_first", "dip"}


def test_february_of_the_car_goes_on_where_january_ended(written: Path) -> None:
    statement, _ = evaluated(written / "ev_odometer", "2023-02")
    last = [row["odometer"] for row in rows(DATA / "ev_odometer" / "monitor_2023-01_2023-02.csv.gz")][-1]

    used = Fraction(last) - Fraction("22999.2")
    assert charges(statement) == [
        ("usage", "car-1", used, "KMT", "0.23", format(cents(used * Fraction("0.23")), ".2f"))
    ]


def test_several_odometers_of_one_instant_are_refused_by_name(written: Path) -> None:
    _, left_out = evaluated(written / "ev_odometer", "2023-01")
    said: dict[str, set[str]] = defaultdict(set)
    for row in rows(DATA / "ev_odometer" / "monitor_2023-01_2023-02.csv.gz"):
        said[row["datetime"]].add(row["odometer"])

    # Repeated rows change nothing; of several values the lowest stands, which here is the stale one each time.
    assert sum(len(several) - 1 for several in said.values()) == len(left_out) == 7
    assert all(text.endswith("that already holds 20795.4") for text in left_out)
