"""Templates evaluated as anyone would, by the command line, and their statements read.

What a template's test expects is worked out by hand in that test; nothing here computes it.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner, Result

from vouch.__main__ import main

TEMPLATES: Final = Path(__file__).parents[2] / "contracts" / "templates"

Statement = dict[str, Any]


def contract_files(slug: str) -> list[Path]:
    """The template's contract, with its amendments in order of their names."""
    return sorted((TEMPLATES / slug).glob("contract*.yaml"))


def evidence_of(slug: str) -> Path:
    """The template's folder of evidence."""
    return TEMPLATES / slug / "evidence"


def evaluate(slug: str, month: str, as_of: str | None = None) -> Statement:
    """The statement of `vouch evaluate --json`; the command says nothing else, so that no reading was left out."""
    statement: Statement = json.loads(_evaluated(slug, month, as_of))
    return statement


@lru_cache(maxsize=256)
def _evaluated(slug: str, month: str, as_of: str | None) -> str:
    words = ["evaluate", *map(str, contract_files(slug)), "--evidence", str(evidence_of(slug)), "--period", month]
    result = run(*words, "--json", *(["--as-of", as_of] if as_of else []))
    return result.stdout


def run(*words: str) -> Result:
    """`vouch` with these words, which has to end well and complain of nothing."""
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result


# Measures


def measure(statement: Statement, name: str, subject: str = "*", part: int = -1) -> dict[str, Any]:
    """A measure as the statement lists it, in the month's last part unless asked otherwise."""
    found = statement["parts"][part]["measures"]
    return _only(one for one in found if (one["measure"], one["subject"]) == (name, subject))


def value(statement: Statement, name: str, subject: str = "*", part: int = -1) -> Fraction | str:
    """A measure's exact value; without one its state, such as `not_due`."""
    found = measure(statement, name, subject, part)
    return found["state"] if found["value"] is None else Fraction(*map(int, found["value"]["fraction"]))


def so_far(statement: Statement, name: str, subject: str = "*") -> Fraction:
    """What a measure that is not due has come to."""
    return Fraction(*map(int, measure(statement, name, subject)["so_far"]["fraction"]))


def seconds(statement: Statement, name: str, subject: str = "*", part: int = -1) -> dict[str, Fraction]:
    """A measure's time by class, in seconds; classes without any are left out."""
    micros = measure(statement, name, subject, part).get("micros", {})
    return {kind: Fraction(count, 1_000_000) for kind, count in micros.items() if count}


# Judges


def judge(statement: Statement, name: str, subject: str = "*", part: int = -1) -> dict[str, Any]:
    """A judge as the statement lists it."""
    found = statement["parts"][part]["judges"]
    return _only(one for one in found if (one["judge"], one["subject"]) == (name, subject))


def verdict(statement: Statement, name: str, subject: str = "*", part: int = -1) -> str:
    """How a promise stands."""
    found: str = judge(statement, name, subject, part)["verdict"]
    return found


def spans(statement: Statement, name: str, subject: str, part: int = -1) -> list[tuple[str, str, str]]:
    """(from, until, `granted` or the reason for refusing it) of a judge's spans."""
    found = judge(statement, name, subject, part)["spans"]
    return [(one["from"], one["until"], "granted" if one["granted"] else one["reason"]) for one in found]


# Lines


def lines(statement: Statement, price: str | None = None, subject: str | None = None) -> list[dict[str, Any]]:
    """The lines of a price, of a subject, of both, or all of them, in their order."""
    found = statement["lines"]
    return [one for one in found if price in (None, one["price"]) and subject in (None, one["subject"])]


def line(statement: Statement, price: str, subject: str | None = None) -> dict[str, Any]:
    """The only line of a price, or of a price for one subject."""
    return _only(iter(lines(statement, price, subject)))


def charges(statement: Statement) -> list[tuple[str, str, Fraction, str, str | None, str]]:
    """All lines as (price, subject, exact quantity, unit, unit price, amount)."""
    return [
        (
            one["price"],
            one["subject"],
            Fraction(*map(int, one["quantity_exact"])),
            one["unit"],
            one["unit_price"],
            one["amount"],
        )
        for one in statement["lines"]
    ]


def exact_amount(one: dict[str, Any]) -> Fraction:
    """A line's amount before it was rounded."""
    return Fraction(*map(int, one["amount_exact"]))


def corrected(statement: Statement) -> list[tuple[str, str, str, str]]:
    """(month corrected, price, subject, amount) of the lines that correct earlier months."""
    return [(n["corrects"], n["price"], n["subject"], n["amount"]) for n in statement["lines"] if "corrects" in n]


def totals(statement: Statement) -> tuple[str, str, str]:
    """(net, VAT, gross)."""
    return statement["net"], statement["vat_total"], statement["gross"]


# Findings


def findings(statement: Statement) -> list[str]:
    """The kinds of all inferences, those of measures first, in order."""
    return [one["kind"] for one in _findings(statement)]


def finding(statement: Statement, kind: str) -> dict[str, Any]:
    """The only inference of a kind."""
    return _only(one for one in _findings(statement) if one["kind"] == kind)


def _findings(statement: Statement) -> Iterator[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    for part in statement["parts"]:
        for one in part["measures"]:
            for asset in one.get("assets", ()):
                # Two measures of the same time may tell the same.
                seen += [found for found in asset["findings"] if found not in seen]
            seen += one.get("findings", [])
        seen += part["findings"]
    yield from seen


def _only(found: Iterator[dict[str, Any]]) -> dict[str, Any]:
    (one,) = found
    return one
