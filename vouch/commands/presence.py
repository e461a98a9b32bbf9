"""When devices were there, and when vouch was listening.

Shell.
"""

from datetime import UTC, datetime, timedelta

import click

from vouch.commands.common import instant_of, open_database, print_table
from vouch.errors import Invalid
from vouch.period import Period

_SINCE = click.option("--since", metavar="INSTANT", help="From here on; default: a day ago.")
_UNTIL = click.option("--until", metavar="INSTANT", help="Up to here; default: now.")


@click.command()
@click.argument("device")
@_SINCE
@_UNTIL
def presence(device: str, since: str | None, until: str | None) -> None:
    """When DEVICE was there, gone, or silent, and when vouch was not listening, each with its evidence."""
    from ingest.presence.intervals import intervals
    from ingest.presence.store import load_record

    now = datetime.now(UTC)
    window = _window(since, until, now)
    with open_database() as conn:
        found = intervals(load_record(conn, device, window, now), window)
    rows = [
        (
            one.presence.replace("_", " "),
            _second(one.period.start),
            _second(one.period.end),
            _length(one.period),
            f"{one.begins.cause} {_second(one.begins.at)}: {one.begins.detail}",
        )
        for one in found
    ]
    print_table(f"Presence of {device}", ["presence", "from", "until", "length>", "by what"], rows)


@click.command()
@_SINCE
@_UNTIL
def listening(since: str | None, until: str | None) -> None:
    """When vouch was listening, by process, and when none of its processes was."""
    from ingest.presence.listening_store import list_gaps, list_listened, list_processes

    now = datetime.now(UTC)
    window = _window(since, until, now)
    with open_database() as conn:
        stretches = list_listened(conn, window)
        gaps = list_gaps(conn, window, now)
        processes = list_processes(conn)
    rows = [
        (p.client, p.host, p.pid, _second(p.started_at), _second(p.proven_at), p.status, "\n".join(p.reasons))
        for p in processes
    ]
    print_table("Processes", ["session", "host", "process>", "started", "last proof", "status", "why"], rows)
    print_table(
        "Listened",
        ["session", "from", "until", "length>"],
        [(one.client, _second(one.since), _second(one.until), _length(one.period)) for one in stretches],
    )
    print_table(
        "Nobody listened",
        ["from", "until", "length>"],
        [(_second(gap.start), _second(gap.end), _length(gap)) for gap in gaps],
    )


def _window(since: str | None, until: str | None, now: datetime) -> Period:
    """What was asked for, up to now at the latest. Raises Invalid."""
    end = min(instant_of(until, "--until") or now, now)
    start = instant_of(since, "--since") or end - timedelta(days=1)
    if start >= end:
        raise Invalid(f"--since {start.isoformat()} is not before {end.isoformat()}")
    return Period(start, end)


def _second(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def _length(period: Period) -> str:
    return str(timedelta(seconds=period.micros // 1_000_000))
