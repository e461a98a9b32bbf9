"""What the templates come to, as digests beside the engine's number; `python -m tests.templates.digests` renews them.

A template's digest is over the statements of all its months, without the engine's number and the version of the time
zone tables. It is renewed where the template is new or was changed itself, and everywhere once ENGINE in
contracts/engine.py was raised. Where the same input gives other statements under the same number, the command refuses;
`--form-only` says that no result differs, but only the form in which statements are written.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from billing.statement import statement
from contracts.engine import ENGINE
from contracts.evidence.folder import read_evidence
from contracts.offline import FolderKnowledge, read_versions
from tests.templates.worked import TEMPLATES, Statement, contract_files, evidence_of
from vouch.canonical import canonical_json, digest_of
from vouch.period import MICROSECOND

FILE: Final = Path(__file__).with_name("digests.json")
SLUGS: Final = sorted(one.parent.name for one in TEMPLATES.glob("*/contract.yaml"))
# What a statement says of how it was made, and what follows from that.
_MADE_BY: Final = ("engine", "zone_database", "digest")

# By template: the digest of its files, and that of its statements.
Digests = dict[str, tuple[str, str]]


def taken() -> Digests:
    """The digests of all templates as they are."""
    return {slug: (_digest_of_files(slug), _digest_of_statements(slug)) for slug in SLUGS}


def kept() -> tuple[str, Digests]:
    """The engine's number and the digests in the file."""
    content = json.loads(FILE.read_text())
    return content["engine"], {slug: (one["files"], one["statements"]) for slug, one in content["templates"].items()}


def keep(found: Digests) -> None:
    """Write these digests into the file, as this engine's."""
    templates = {slug: {"files": files, "statements": statements} for slug, (files, statements) in found.items()}
    FILE.write_text(json.dumps({"engine": ENGINE, "templates": templates}, indent=2) + "\n")


def other_results(engine: str, before: Digests, found: Digests) -> list[str]:
    """The templates whose same files come to other statements under the same number."""
    same = [slug for slug in found if slug in before and before[slug][0] == found[slug][0]]
    return [slug for slug in same if engine == ENGINE and before[slug][1] != found[slug][1]]


def refusal(names: list[str]) -> str:
    """What to do about other results."""
    return (
        f"{', '.join(names)}: the same input gives another statement, and ENGINE is {ENGINE} as before. "
        "Raise it in contracts/engine.py, then `python -m tests.templates.digests`; "
        "where no result differs but only the form of statements, `python -m tests.templates.digests --form-only`"
    )


def _digest_of_files(slug: str) -> str:
    files = (one for one in sorted((TEMPLATES / slug).rglob("*")) if one.is_file())
    digests = {str(one.relative_to(TEMPLATES)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}
    return digest_of(canonical_json(digests))


def _digest_of_statements(slug: str) -> str:
    evidence = read_evidence(evidence_of(slug))
    versions = read_versions([(one.read_text(), str(one)) for one in contract_files(slug)], evidence)
    knowledge = FolderKnowledge(versions, evidence)
    last = (evidence.known_at - MICROSECOND).astimezone(versions[0].zone).date()
    found = [_content(dict(statement(knowledge, month))) for month in _months(versions[0].first_month, last)]
    return digest_of(canonical_json(found))


def _content(one: Statement) -> Statement:
    return {key: value for key, value in one.items() if key not in _MADE_BY}


def _months(month: date, last: date) -> Iterator[date]:
    while month <= last:
        yield month
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


def main() -> str | None:
    """The command; returns why it refuses."""
    parser = argparse.ArgumentParser(prog="python -m tests.templates.digests", description="Renew the digests.")
    parser.add_argument("--form-only", action="store_true", help="no result differs, but how statements are written")
    form_only = parser.parse_args().form_only
    found = taken()
    names = other_results(*kept(), found)
    if names and not form_only:
        return refusal(names)
    keep(found)
    return None


if __name__ == "__main__":
    sys.exit(main())
