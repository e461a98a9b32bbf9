"""What came in: the balance, refused messages, summaries."""

import uuid

import click

from vouch.commands.common import console, open_database, print_table


@click.command()
def balance() -> None:
    """What all ingest processes took in: received = stored + duplicate + rejected."""
    from ingest.store import load_balance

    with open_database() as conn:
        found = load_balance(conn)
    rows = [(found.messages, found.received, found.stored, found.duplicate, found.rejected)]
    print_table("Ledger", ["messages>", "received>", "stored>", "duplicate>", "rejected>"], rows)


@click.group()
def rejections() -> None:
    """Messages that were refused, in whole or in part."""


_LIMIT = click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 1_000_000))


@rejections.command("list")
@_LIMIT
def rejections_list(limit: int) -> None:
    """Refused messages whose cause is not mended yet."""
    from ingest.store import list_rejected

    with open_database() as conn:
        found = list_rejected(conn, limit)
    rows = [
        (m.id, m.first_received_at.isoformat(timespec="seconds"), m.times_received, m.topic, "\n".join(m.details[:5]))
        for m in found
    ]
    print_table("Refused messages", ["id>", "received", "times>", "topic", "where and why"], rows)


@rejections.command("replay")
@_LIMIT
def rejections_replay(limit: int) -> None:
    """Take refused messages in again, after their cause was mended. Safe to run twice."""
    from ingest.writer import Writer, replay_rejected

    with open_database() as conn:
        stored, refused = replay_rejected(conn, Writer(uuid.uuid4()), limit)
    console.print(f"{stored} readings stored, {refused} places refused again")


@click.command()
def summarise() -> None:
    """Bring the day summaries up to date now; the scheduler does this by itself."""
    from ingest.summariser import summarise_stale

    with open_database() as conn:
        done = summarise_stale(conn)
    console.print(f"{done} series-days summarised")
