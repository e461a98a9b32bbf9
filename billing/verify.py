"""Verification: an invoice recomputed from raw readings, line by line.

Shell. Shell around the same pure functions that made it, with none of the stored summaries: what was known then is read
again, measured, judged and rated again, and compared with what the invoice says and with what its evidence says.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from psycopg import Connection

from billing import evaluation_store, store
from billing.documents.content import Stamp, form_of, frame_in, in_form, invoice_content, issued_content
from billing.documents.lines import compose
from billing.evaluation import Evaluation, like
from billing.evaluation_store import StoredEvaluation
from billing.invoice import InvoiceBody, InvoiceHead, InvoiceLine
from billing.month import RatedMonth, rate_month
from contracts.run import DatabaseKnowledge
from vouch.canonical import canonical_json, digest_of
from vouch.errors import Conflict
from vouch.knowledge import snapshot


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What came of one line; it is vouched for where `differences` is empty."""

    position: int
    description: str
    amount: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of an invoice: of the document as a whole, and of each line."""

    name: str
    differences: tuple[str, ...]
    lines: tuple[LineVerdict, ...]

    @property
    def vouched(self) -> bool:
        """Whether nothing differs anywhere."""
        return not self.differences and not any(line.differences for line in self.lines)


def verify_invoice(conn: Connection[Any], name: str, issuer: str | None = None) -> Verification:
    """Recompute one invoice. `conn` must not be in a transaction. Raises NoInvoice, or Conflict for a shared number."""
    with snapshot(conn) as now:
        head = store.load_by_name(conn, name, issuer)
        body = store.load_body(conn, head)
        ids = sorted({line.evaluation for line in body.lines})
        stored = evaluation_store.list_evaluations(conn, ids)
        document = tuple(_document_differences(conn, head, body, stored))
        try:
            raw = DatabaseKnowledge(conn, head.contract, now, head.known_at, from_raw=True)
            rated = rate_month(raw, head.month)
        except Conflict as error:
            lines = tuple(_line_verdict(line, [str(error)]) for line in body.lines)
            return Verification(head.name, document, lines)
        return _compare(head, body, stored, rated, document)


def _compare(
    head: InvoiceHead,
    body: InvoiceBody,
    stored: Mapping[int, StoredEvaluation],
    rated: RatedMonth,
    document: tuple[str, ...],
) -> Verification:
    """Hold the stored lines against the recomputed ones."""
    keys = {(one.version, one.price, one.subject, one.window): key for key, one in stored.items()}
    evaluations = rated.evaluations()
    ids = {
        key: keys.get((one.contract.version, one.price, one.subject, one.window), 0) for key, one in evaluations.items()
    }
    recomputed = compose(rated.lines, ids, head.currency)
    expected = {line.position: line for line in recomputed.lines}
    found = {ids[key]: one for key, one in evaluations.items()}
    rests_on = {key: list(_evaluation_differences(one, found.get(key))) for key, one in stored.items()}
    verdicts = [
        _line_verdict(line, [*rests_on[line.evaluation], *_line_differences(line, expected.get(line.position))])
        for line in body.lines
    ]
    missing = expected.keys() - {line.position for line in body.lines}
    extra = [f"line {position} is missing: {expected[position].description}" for position in sorted(missing)]
    now = recomputed.totals
    if (now.net, now.vat, now.gross) != (head.net, head.vat, head.gross):
        extra.append(f"totals: {head.net} + {head.vat} = {head.gross} stored, {now.gross} recomputed")
    if now.vat_totals != body.totals.vat_totals:
        extra.append("VAT totals differ from those recomputed")
    return Verification(head.name, (*document, *extra), tuple(verdicts))


def _line_verdict(line: InvoiceLine, differences: list[str]) -> LineVerdict:
    return LineVerdict(line.position, line.description, format(line.amount, "f"), tuple(differences))


def _document_differences(
    conn: Connection[Any],
    head: InvoiceHead,
    body: InvoiceBody,
    stored: Mapping[int, StoredEvaluation],
) -> Iterator[str]:
    """An issued document against its own digest and against the rows it was made from."""
    for one in stored.values():
        if digest_of(one.content) != one.digest:
            yield f"evaluation {one.id}: the stored content does not have its digest"
    if head.status != "issued":
        return
    assert head.content is not None
    if digest_of(head.content) != head.digest:
        yield "the issued document does not have its digest"
    if head.previous_digest != store.find_digest_before(conn, head):
        yield "the document before it in its series is not the one that it was issued after"
    document = json.loads(head.content)
    expected = _document_of(head, body, stored, document)
    for name in sorted(document.keys() | expected.keys()):
        if document.get(name) != expected.get(name):
            said, rows = _short(document.get(name)), _short(expected.get(name))
            yield f"{name}: {said} in the issued document, {rows} in the tables"


def _document_of(
    head: InvoiceHead, body: InvoiceBody, stored: Mapping[int, StoredEvaluation], document: dict[str, Any]
) -> dict[str, Any]:
    """What the document says by the stored rows, in its own form; names and addresses are in the document alone."""
    assert head.number is not None
    assert head.issued_at is not None
    assert head.issued_on is not None
    assert head.due_on is not None
    digests = {key: one.digest for key, one in stored.items()}
    stated = invoice_content(head, body, frame_in(document), digests)
    stamp = Stamp(head.number, head.issued_at, head.issued_on, head.due_on, head.previous_digest or "")
    return in_form(issued_content(stated, stamp), form_of(document))


def _evaluation_differences(stored: StoredEvaluation, recomputed: Evaluation | None) -> Iterator[str]:
    """What differs between a stored evaluation and its recomputation, down to the day of the reading."""
    if recomputed is None:
        yield f"price {stored.price!r} of version {stored.version} no longer covers {stored.subject}"
        return
    content = like(stored.content, recomputed.content)
    if content == stored.content:
        return
    before, now = json.loads(stored.content), json.loads(content)
    yield from _source_differences(_sources(before), _sources(now))
    for part in ("contract_digest", "engine", "window", "in_service", "findings"):
        if before.get(part) != now.get(part):
            yield f"{part}: {_short(before.get(part))} stored, {_short(now.get(part))} recomputed"
    yield from _result_differences(before, now)


def _sources(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The streams that an evaluation rests on, each once, whichever measures saw them."""
    found = [
        source
        for measure in content.get("measures", ())
        for asset in measure.get("assets", ())
        for source in asset["sources"]
    ]
    return list({canonical_json(source): source for source in found}.values())


def _result_differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Measures and judges whose results differ, by name; what they rest on is told by the sources."""
    for kind, name in (("measures", "measure"), ("judges", "judge")):
        others = {(one[name], one["subject"]): one for one in now.get(kind, ())}
        for one in before.get(kind, ()):
            other = others.pop((one[name], one["subject"]), None)
            whose = f"{name} {one[name]} of {one['subject']}"
            if other is None:
                yield f"{whose} is no longer asked for"
                continue
            for field in sorted(one.keys() | other.keys()):
                if field != "assets" and one.get(field) != other.get(field):
                    yield f"{whose}: {field} {_short(one.get(field))} stored, {_short(other.get(field))} recomputed"
        for key, subject in others:
            yield f"{name} {key} of {subject} was not asked for when it was evaluated"


def _source_differences(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    named = {(source["asset"], source["device"], source["metric"], source["from"]): source for source in now}
    for source in before:
        what = f"device {source['device']} metric {source['metric']}"
        other = named.pop((source["asset"], source["device"], source["metric"], source["from"]), None)
        if other is None:
            yield f"{what} no longer serves {source['asset']} from {source['from']}"
            continue
        days = {day: (count, digest) for day, count, digest in other["days"]}
        for day, count, digest in source["days"]:
            count_now, digest_now = days.pop(day, (0, ""))
            if count != count_now:
                yield f"{what}: {count_now} readings on {day} (UTC), {count} when it was evaluated"
            elif digest != digest_now:
                yield f"{what}: the {count} readings on {day} (UTC) are not those that were evaluated"
        for day in days:
            yield f"{what}: readings on {day} (UTC) that were not evaluated"
    for _, device, metric, start in named:
        yield f"device {device} metric {metric} serves since {start}, unknown when it was evaluated"


def _line_differences(line: InvoiceLine, expected: InvoiceLine | None) -> Iterator[str]:
    if expected is None:
        yield "no such line comes from the contract"
        return
    for name in (field.name for field in fields(InvoiceLine) if field.name != "evaluation"):
        stored, recomputed = getattr(line, name), getattr(expected, name)
        if stored != recomputed:
            yield f"{name}: {stored} on the invoice, {recomputed} recomputed"


def _short(content: Any) -> str:
    text = canonical_json(content)
    return text if len(text) <= 160 else f"{text[:150]}… ({digest_of(text)[:12]})"
