"""Files of facts: JSON Lines or a YAML list, read with the line of every mistake; written as canonical JSON Lines.

Pure. A log has the instant at which each entry became known; proposals for a database do not, it gives them that.
"""

from collections.abc import Iterable
from typing import Any, Final

from contracts.facts.book import broken_laws
from contracts.facts.entry import Accept, AnswerEntry, AnyEntry, AnyProposal, FactLog, Propose, Refuse
from vouch.document import Document, DocumentFaults, Fault, Path, parse_document
from vouch.errors import Invalid
from vouch.exact_json import parse_exact_json

_LENGTH_MAX: Final = 64_000_000
_JSON_LINES: Final = (".jsonl", ".ndjson")


def parse_log(text: str, name: str) -> list[AnyEntry]:
    """The entries of a log, which follow its laws. Raises DocumentFaults with file, line and path of each mistake.

    A `name` that ends in .jsonl or .ndjson is JSON Lines, any other YAML or JSON: a list of the same entries.
    """
    document = _parse(text, name)
    entries = document.model(FactLog).root
    missing = [i for i, entry in enumerate(entries) if entry.recorded_at is None]
    if missing:
        raise document.faults(Fault((i, "recorded_at"), "required, but missing") for i in missing)
    broken = [Fault((i, *error.path), str(error)) for i, error in broken_laws(entries)]
    if broken:
        raise document.faults(broken)
    return entries


def parse_proposals(text: str, name: str) -> tuple[Document, list[AnyProposal]]:
    """At least one proposal, each without `recorded_at`; the form of the file as for `parse_log`."""
    document = _parse(text, name)
    proposals: list[AnyProposal] = []
    faults: list[Fault] = []
    for i, entry in enumerate(document.model(FactLog).root):
        if not isinstance(entry, Propose):
            faults.append(Fault((i, "says"), f"found {entry.says!r}; expected 'propose'"))
        elif entry.recorded_at is not None:
            message = "must be left out: the database says when it came to know a proposal"
            faults.append(Fault((i, "recorded_at"), message))
        else:
            proposals.append(entry)
    if not proposals and not faults:
        faults.append(Fault((), "expected at least one proposal"))
    if faults:
        raise document.faults(faults)
    return document, proposals


def answer_of(fact: str, by: str, says: str, reason: str | None) -> Accept | Refuse:
    """One answer, as somebody gives it by hand. Raises DocumentFaults."""
    return Document("answer", {"fact": fact, "by": by, "says": says, "reason": reason}, {}).model(AnswerEntry).root


def write_log(entries: Iterable[AnyEntry]) -> str:
    """Canonical JSON Lines: what `parse_log` reads, and the same bytes for the same entries."""
    return "".join(f"{entry.line()}\n" for entry in entries)


def _parse(text: str, name: str) -> Document:
    return _parse_json_lines(text, name) if name.endswith(_JSON_LINES) else parse_document(text, name)


def _parse_json_lines(text: str, name: str) -> Document:
    if len(text) > _LENGTH_MAX:
        raise Invalid(f"{name}: longer than {_LENGTH_MAX} characters")
    content: list[Any] = []
    lines: dict[Path, int] = {}
    faults: list[str] = []
    # Not splitlines(): JSON text may hold characters that Python takes for ends of lines.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            lines[(len(content),)] = number
            content.append(parse_exact_json(line))
        except (ValueError, ArithmeticError, RecursionError) as error:
            faults.append(f"{name}:{number}: not the JSON expected: {str(error)[:200]}")
    if faults:
        raise DocumentFaults(faults)
    return Document(name, content, lines)
