"""Falls of a counter as a contract takes them, held against what the metric's own policy says they are.

Pure. Asked when a version is checked or agreed, and not when it is evaluated: what was agreed before a policy was
declared stands. Source: docs/terms.md#counter.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from contracts.terms import AnyMeasure, Counter
from contracts.terms.base import Path
from contracts.terms.measures.counter import OnFall
from ingest.catalogue import Metric
from ingest.catalogue import OnFall as Declared

# What a contract may say of each; that nothing is counted across a fall is no contradiction where one is rare.
_FITTING: Final[Mapping[Declared, tuple[OnFall, ...]]] = {
    Declared.RESET: (OnFall.RESET, OnFall.REFUSE),
    Declared.ROLLOVER: (OnFall.ROLLOVER, OnFall.REFUSE),
    Declared.DIP: (OnFall.HIGH_WATER,),
    Declared.SIGNED: (OnFall.SIGNED,),
}


def policy_faults(measures: Iterable[AnyMeasure], metrics: Mapping[str, Metric]) -> Iterator[tuple[int, Path, str]]:
    """(index of the measure, path within it, what is wrong) of each contradiction."""
    for i, term in enumerate(measures):
        if isinstance(term, Counter):
            metric = metrics.get(term.metric)
            if metric is not None and metric.on_fall is not None:
                yield from ((i, path, text) for path, text in _contradictions(term, metric, metric.on_fall))


def _contradictions(term: Counter, metric: Metric, declared: Declared) -> Iterator[tuple[Path, str]]:
    fitting = _FITTING[declared]
    if term.on_fall not in fitting:
        yield (
            ("on_fall",),
            f"found '{term.on_fall}'; expected: {' or '.join(fitting)}, as a fall of {metric.name!r} is declared to be "
            f"{'a ' if declared is not Declared.SIGNED else ''}{declared}",
        )
        return
    if term.on_fall is OnFall.ROLLOVER and term.modulus != metric.modulus:
        yield ("modulus",), f"found {term.modulus}; expected: {metric.modulus}, as {metric.name!r} is declared"
    if term.on_fall is not OnFall.HIGH_WATER and term.jitter < metric.jitter:
        yield (
            ("jitter",),
            f"found {term.jitter}; expected: at least {metric.jitter}, as falls of {metric.name!r} by so much are "
            "declared to be dips",
        )
    if metric.step_max is not None and (isinstance(term.step_max, str) or term.step_max > metric.step_max):
        yield (
            ("step_max",),
            f"found {term.step_max}; expected: at most {metric.step_max}, as greater steps of {metric.name!r} are "
            "declared to be doubtful",
        )
