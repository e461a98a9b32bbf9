"""Rejections: messages that were refused, looked at and taken in again.

Shell.
"""

import uuid

import click

from vouch.commands.common import console, open_database, print_table
from vouch.hex_dump import shown_bytes


@click.group()
def rejections() -> None:
    """Messages that were refused, in whole or in part."""


_LIMIT = click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 1_000_000))


@rejections.command("list")
@_LIMIT
def rejections_list(limit: int) -> None:
    """Refused messages whose cause is not mended yet."""
    from ingest.rejection_store import list_rejected

    with open_database() as conn:
        found = list_rejected(conn, limit)
    rows = [
        (m.id, m.first_received_at.isoformat(timespec="seconds"), m.times_received, m.topic, "\n".join(m.details[:5]))
        for m in found
    ]
    print_table("Refused messages", ["id>", "received", "times>", "topic", "where and why"], rows)


_BYTES_SHOWN = 2000


@rejections.command("show")
@click.argument("message", type=int)
@click.option("--raw", is_flag=True, help="Its bytes as they came, and nothing else, for another program.")
def rejections_show(message: int, raw: bool) -> None:
    """One refused message, by its id: bytes, and every place that was refused."""
    from ingest.rejection_store import load_refused

    with open_database() as conn:
        found = load_refused(conn, message)
    if raw:
        click.echo(found.message.payload, nl=False)
        return
    console.print(f"topic {shown_bytes(found.message.topic.encode())}", markup=False, soft_wrap=True)
    console.print(
        f"received {found.message.times_received} times, first {found.message.first_received_at:%Y-%m-%d %H:%M:%SZ}, "
        f"last {found.last_received_at:%Y-%m-%d %H:%M:%SZ}; SHA-256 {found.digest}",
        soft_wrap=True,
    )
    rows = [
        (one.place, one.reason, one.detail, one.replayed_at and f"{one.replayed_at:%Y-%m-%d %H:%M:%SZ}")
        for one in found.places
    ]
    print_table("Refused", ["place", "reason", "detail", "taken in since"], rows)
    payload = found.message.payload
    console.print(f"{len(payload)} bytes{', the first of them' if len(payload) > _BYTES_SHOWN else ''}:")
    click.echo(shown_bytes(payload[:_BYTES_SHOWN], is_cut=len(payload) > _BYTES_SHOWN))


@rejections.command("replay")
@_LIMIT
@click.option("--message", type=int, help="Only the message with this id.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Only messages behind the one with this id.")
def rejections_replay(limit: int, message: int | None, after: int) -> None:
    """Take refused messages in again, after their cause was mended. Safe to run twice."""
    from ingest.rejection_store import load_refused
    from ingest.writer import Writer, replay_message, replay_rejected

    with open_database() as conn:
        if message is None:
            stored, refused, left = replay_rejected(conn, Writer(uuid.uuid4()), limit, after)
        else:
            stored, refused = replay_message(conn, Writer(uuid.uuid4()), load_refused(conn, message).message)
            conn.commit()
            left = None
    console.print(f"{stored} readings stored, {refused} places refused again")
    if left is not None:
        console.print(f"There may be more: go on with --after {left}")
