"""Facts: propose, answer, list, show.

Shell.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from vouch.commands.common import console, instant_of, open_database, print_table, read_text
from vouch.period import iso

if TYPE_CHECKING:
    from psycopg import Connection

    from contracts.facts.book import Fact, FactBook

_DONE: Final = {"accept": "accepted", "reject": "rejected", "dispute": "disputed", "withdraw": "withdrawn"}
_CONTRACT = click.option("--contract", required=True, help="The contract that the fact is about.")
_AS_OF = click.option("--as-of", metavar="INSTANT", help="What was known then, as 2026-10-01T08:30:00+02:00.")


@click.group()
def fact() -> None:
    """Events with two sides: planned work, corrections, incidents, claims."""


@fact.command("propose")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_CONTRACT
def fact_propose(file: Path, contract: str) -> None:
    """Propose the facts of FILE, all or none: a YAML list, or JSON Lines where its name ends in .jsonl.

    They count as known from now on. Proposing the same again changes nothing.
    """
    from contracts.facts.file import parse_proposals
    from contracts.facts.store import add_proposals

    document, proposals = parse_proposals(read_text(file), str(file))
    with open_database() as conn:
        new = add_proposals(conn, contract, document, proposals)
        conn.commit()
    for proposal, is_new in zip(proposals, new, strict=True):
        state = f"proposed by the {proposal.by}" if is_new else "was proposed before, nothing to change"
        console.print(f"fact {proposal.fact}: {state}")


def _answer(says: str, text: str) -> None:
    """The command by which one side answers a fact."""
    reason_needed = says != "accept"

    @fact.command(says, help=text)
    @click.argument("name", metavar="FACT")
    @_CONTRACT
    @click.option("--by", type=click.Choice(["supplier", "customer"]), required=True, help="Who says so.")
    @click.option("--reason", required=reason_needed, help="Kept with the answer.")
    def command(name: str, contract: str, by: str, reason: str | None) -> None:
        from contracts.facts.file import answer_of
        from contracts.facts.store import add_entry

        answer = answer_of(name, by, says, reason)
        with open_database() as conn:
            new = add_entry(conn, contract, answer)
            conn.commit()
        console.print(
            f"fact {name}: {_DONE[says]} by the {by}"
            if new
            else f"fact {name}: was {_DONE[says]} before, nothing to change"
        )


_answer("accept", "Agree to FACT, which the other side proposed. Final: it can only be succeeded.")
_answer("reject", "Refuse FACT, which the other side proposed. Final: propose another one instead.")
_answer("dispute", "Contradict FACT, which the other side proposed; accept or reject it later.")
_answer("withdraw", "Take FACT back, for the side that proposed it. Final.")


@fact.command("list")
@_CONTRACT
@_AS_OF
@click.option("--kind", help="Only facts of this kind, such as planned_work.")
def fact_list(contract: str, as_of: str | None, kind: str | None) -> None:
    """All facts of a contract, in the order in which they became known."""
    from contracts.facts.kinds import FactKind
    from contracts.facts.store import load_book
    from vouch.errors import Invalid

    if kind is not None and kind not in list(FactKind):
        raise Invalid(f"--kind: {kind!r} is none of {', '.join(FactKind)}")
    with open_database() as conn, _asking(conn, contract, as_of) as known_at:
        book = load_book(conn, contract, known_at)
    rows = [
        (one.id, one.kind, one.asset or "all", _when(one), _about(one), one.proposed_by, _last_word(book, one))
        for one in book.all()
        if kind in (None, one.kind)
    ]
    columns = ["fact", "kind", "asset", "when", "about", "proposed by", "last word"]
    print_table(f"Facts of {contract} known at {iso(known_at)}", columns, rows)


@fact.command("show")
@click.argument("name", metavar="FACT")
@click.option("--contract", help="Where several contracts have a fact of this id.")
@_AS_OF
def fact_show(name: str, contract: str | None, as_of: str | None) -> None:
    """FACT and all that was said about it."""
    from contracts.facts.store import NoFact, load_book, load_contract_of

    with open_database() as conn:
        contract = contract or load_contract_of(conn, name)
        conn.commit()
        with _asking(conn, contract, as_of) as known_at:
            book = load_book(conn, contract, known_at)
    one = next((one for one in book.all() if one.id == name), None)
    if one is None:
        raise NoFact(name)
    heir = book.successor(one)
    about = (
        ("fact", f"{one.id} of contract {contract}, {one.kind}"),
        ("asset", one.asset or "all"),
        ("when", _when(one)),
        ("about", _about(one)),
        ("evidence", one.evidence),
        ("succeeds", one.succeeds),
        ("succeeded", f"by {heir.id}" if heir else None),
    )
    for label, text in about:
        if text:
            console.print(f"{label:<10} {text}", markup=False, soft_wrap=True)
    rows = [
        (iso(one.proposed_at), one.proposed_by, "propose", None),
        *((iso(answer.recorded_at), answer.by, answer.says, answer.reason) for answer in one.answers),
    ]
    print_table("What was said", ["known since", "by", "says", "reason"], rows)


@fact.command("export")
@_CONTRACT
@_AS_OF
def fact_export(contract: str, as_of: str | None) -> None:
    """Write a contract's log to standard output: JSON Lines, with the instants at which each entry became known."""
    from contracts.facts.file import write_log
    from contracts.facts.store import list_entries

    with open_database() as conn, _asking(conn, contract, as_of) as known_at:
        text = write_log(list_entries(conn, contract, known_at))
    click.echo(text, nl=False)


@contextmanager
def _asking(conn: "Connection[Any]", contract: str, as_of: str | None) -> Iterator[datetime]:
    """A snapshot of a contract that is there; yields the instant asked for, by default now."""
    from contracts.store import load_document
    from vouch.errors import Invalid
    from vouch.knowledge import snapshot

    asked = instant_of(as_of, "--as-of")
    with snapshot(conn) as now:
        load_document(conn, contract)
        if asked is not None and asked > now:
            raise Invalid(f"--as-of: {iso(asked)} is still to come")
        yield asked or now


def _when(one: "Fact") -> str:
    """The span or the instant; empty where the fact is about a month or about one event."""
    if one.start:
        return f"{iso(one.start)} to {iso(one.end) if one.end else '(open)'}"
    return iso(one.at) if one.at else ""


def _about(one: "Fact") -> str:
    fields = one.about.model_dump(mode="json", exclude_none=True)
    return ", ".join(f"{key} {value}" for key, value in fields.items())


def _last_word(book: "FactBook", one: "Fact") -> str:
    heir = book.successor(one)
    if heir:
        return f"succeeded by {heir.id}"
    if not one.answers:
        return "unanswered"
    last = one.answers[-1]
    return f"{_DONE[last.says]}: {last.reason}" if last.reason else _DONE[last.says]
