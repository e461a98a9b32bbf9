"""Laws of the ground: lists of spans are sets of instants, money errs by half a unit, one content has one text."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders import SECOND, T0
from vouch.canonical import canonical_json, digest_of, plain
from vouch.money import Money, minor_digits, round_half_up
from vouch.period import Period, intersect, subtract, total_micros, union

lawful = settings(max_examples=150, derandomize=True, deadline=None)

spans = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 8)), max_size=8)


def periods(given_spans: list[tuple[int, int]]) -> list[Period]:
    return [Period(T0 + start * SECOND, T0 + (start + length) * SECOND) for start, length in given_spans]


def seconds(found: list[Period]) -> set[int]:
    return {s for p in found for s in range((p.start - T0) // SECOND, (p.end - T0) // SECOND)}


def in_order_and_apart(found: list[Period]) -> bool:
    edges = [edge for period in found for edge in (period.start, period.end)]
    return edges == sorted(edges) and all(period.start < period.end for period in found)


@given(spans, spans)
@lawful
def test_lists_of_spans_are_sets_of_instants(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    a, b = union(periods(left)), union(periods(right))

    assert seconds(a) == seconds(periods(left))
    for found, expected in (
        (union([*a, *b]), seconds(a) | seconds(b)),
        (intersect(a, b), seconds(a) & seconds(b)),
        (subtract(a, b), seconds(a) - seconds(b)),
    ):
        assert seconds(found) == expected
        assert in_order_and_apart(found)
        assert total_micros(found) == len(expected) * 1_000_000


amounts = st.fractions(max_denominator=10**6)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


@given(amounts, currencies)
@example(Fraction(1, 200), "EUR")
@example(Fraction(-1, 200), "EUR")
@lawful
def test_rounding_errs_by_half_a_minor_unit_at_most(amount: Fraction, currency: str) -> None:
    rounded = Fraction(Money(amount, currency).rounded())
    half = Fraction(1, 2 * 10 ** minor_digits(currency))

    assert abs(rounded - amount) <= half
    if abs(rounded - amount) == half:
        assert abs(rounded) > abs(amount)
    assert (rounded * 10 ** minor_digits(currency)).denominator == 1
    assert Money(-amount, currency).rounded() == -rounded


@given(amounts, amounts, st.integers(0, 4))
@lawful
def test_rounding_keeps_the_order(one: Fraction, other: Fraction, digits: int) -> None:
    low, high = sorted((one, other))

    assert round_half_up(low, digits) <= round_half_up(high, digits)


contents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def reordered(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: reordered(content[key]) for key in reversed(content)}
    return [reordered(one) for one in content] if isinstance(content, list) else content


@given(contents)
@lawful
def test_canonical_text_does_not_know_in_which_order_keys_were_set(content: Any) -> None:
    text = canonical_json(content)

    assert canonical_json(reordered(content)) == text
    assert digest_of(canonical_json(reordered(content))) == digest_of(text)


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)


@given(decimals, st.integers(0, 6))
@lawful
def test_one_number_has_one_spelling(number: Decimal, zeros: int) -> None:
    text = plain(number)

    assert Decimal(text) == number
    assert "E" not in text
    assert plain(Decimal(f"{text}.{'0' * zeros}" if "." not in text else text + "0" * zeros)) == text
