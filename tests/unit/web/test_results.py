"""Results as pages show them: unknown time told apart by whose it is."""

from tests.builders import hours
from web.results import Result, Section, Timeline, gaps_seen, told_apart

HOUR = 3_600_000_000


def section(*lines: Timeline) -> Section:
    return Section(term=None, results=[Result({"subject": "truck-1"}, (), lines)])  # type: ignore[arg-type]


def line(spans: str, **micros: int) -> Timeline:
    """`u5-10 d10-12`: unknown from the fifth hour to the tenth, then down."""
    names = {"u": "unknown", "d": "down", "p": "up"}
    found = [(names[part[0]], hours(*map(int, part[1:].split("-")))) for part in spans.split()]
    return Timeline("truck-1", found, micros)


def apart(one: Timeline, *gaps: tuple[int, int]) -> Timeline:
    (found,) = told_apart([section(one)], [hours(*gap) for gap in gaps])
    return found.results[0].timelines[0]


def test_unknown_time_in_a_gap_is_ours() -> None:
    found = apart(line("p0-5 u5-10 d10-12", up=5 * HOUR, unknown=5 * HOUR, down=2 * HOUR), (7, 8))

    assert found.spans == [
        ("up", hours(0, 5)),
        ("unknown", hours(5, 7)),
        ("not_listening", hours(7, 8)),
        ("unknown", hours(8, 10)),
        ("down", hours(10, 12)),
    ]
    assert found.micros == {"up": 5 * HOUR, "unknown": 4 * HOUR, "not_listening": HOUR, "down": 2 * HOUR}


def test_nothing_else_is_told_apart() -> None:
    known = line("p0-5 u5-10 d10-12", unknown=5 * HOUR)

    assert apart(known, (0, 5), (10, 12)) is known
    assert apart(known) is known


def test_all_of_a_span_may_be_ours() -> None:
    found = apart(line("u5-10", unknown=5 * HOUR), (0, 20))

    assert found.spans == [("not_listening", hours(5, 10))]
    assert found.micros == {"unknown": 0, "not_listening": 5 * HOUR}
    assert found.interruptions == found.spans


def test_only_gaps_that_some_unknown_time_falls_into_are_told_of() -> None:
    gaps = [hours(1, 2), hours(6, 7), hours(9, 15), hours(20, 21)]
    sections = told_apart([section(line("p0-5 u5-10"), line("u12-13"))], gaps)

    assert gaps_seen(sections, gaps) == [hours(6, 7), hours(9, 15)]
