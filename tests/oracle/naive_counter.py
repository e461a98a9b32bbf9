"""The oracle's counters: walk all readings of a device, note after each what has been used so far, and subtract."""

from fractions import Fraction
from typing import Any

Readings = list[tuple[int, Fraction]]


def used_so_far(term: dict[str, Any], readings: Readings, covered_from: Any) -> list[tuple[int, Fraction]]:
    """(instant, use since the first of them) after each reading that matters, in the metric's unit.

    That is the last one before the asset was covered, and all later ones; a mark stays from long before.
    """
    policy, jitter = term["on_fall"], Fraction(str(term["jitter"]))
    step = None if term["step_max"] == "none" else Fraction(str(term["step_max"]))
    modulus = Fraction(str(term["modulus"])) if policy == "rollover" else None
    found: list[tuple[int, Fraction]] = []
    height, used, doubt = None, Fraction(0), None
    before = [value for at, value in readings if at <= covered_from]
    for at, value in readings[max(0, len(before) - 1) :]:
        if height is None:
            marks = [one for one in before if step is None or one - value <= step]
            height = max([value, *marks]) if policy == "high_water" else value
            found.append((at, used))
            continue
        if doubt is not None:
            shown, worth, fell = doubt
            doubt = None
            back = fell and step is not None and value - shown > step and value >= height - jitter
            stayed = value >= shown - jitter and not back
            if policy == "signed":
                stayed = step is not None and shown - step <= value <= shown + step
            if stayed:
                used, height = used + worth, shown
        added = rise(policy, modulus, jitter, height, value)
        if added is not None:
            if step is not None and not -step <= added <= step:
                doubt = (value, added, value < height)
            else:
                used, height = used + added, value
        found.append((at, used))
    return found


def rise(policy: str, modulus: Fraction | None, jitter: Fraction, height: Fraction, value: Fraction) -> Fraction | None:
    """What the value adds to the height; None where it is disregarded."""
    if modulus is not None and value > height and height + modulus - value <= jitter:
        return None
    if value >= height:
        return value - height
    if height - value <= jitter or policy == "high_water":
        return None
    if policy == "signed":
        return value - height
    if policy == "refuse":
        return Fraction(0)
    if policy == "rollover":
        assert modulus is not None
        # A value beyond the modulus cannot be; nothing is taken away for it.
        return max(Fraction(0), modulus - height + value)
    return value


def use_within(
    term: dict[str, Any], readings: Readings, covered_from: Any, start: Any, end: Any
) -> tuple[Fraction, bool]:
    """What was used from start to end, and whether any reading, or a straight line, shows it."""
    walked = used_so_far(term, readings, covered_from)
    if not walked or walked[0][0] > end:
        return Fraction(0), False
    at_start = shown_at(term, walked, max(start, walked[0][0]))
    at_end = shown_at(term, walked, end)
    between = term["attribution"] == "interpolate" and walked[0][0] <= start and walked[-1][0] > end
    return at_end - at_start, between or any(start < at <= end for at, _ in walked)


def shown_at(term: dict[str, Any], walked: list[tuple[int, Fraction]], instant: Any) -> Fraction:
    """The use shown at an instant: by the last reading at or before it, or on the line to the next one."""
    before = [one for one in walked if one[0] <= instant][-1]
    after = [one for one in walked if one[0] > instant]
    if term["attribution"] == "at_reading" or not after:
        return before[1]
    next_at, next_used = after[0]
    return before[1] + (next_used - before[1]) * Fraction(instant - before[0]) / Fraction(next_at - before[0])


def rounded(amount: Fraction, rule: Any) -> Fraction:
    """To a multiple of the step."""
    if rule == "none":
        return amount
    step = Fraction(str(rule["step"]))
    steps = abs(amount) / step
    whole = steps // 1
    if (rule["mode"] == "up" and steps > whole) or (rule["mode"] == "half_up" and steps - whole >= Fraction(1, 2)):
        whole += 1
    return (whole if amount >= 0 else -whole) * step
